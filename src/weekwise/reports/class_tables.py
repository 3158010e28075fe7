"""What reports show of classes: their shares in groups of rows, and how each was predicted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from weekwise.reports.charts import Series, ShadedRow, shaded_table
from weekwise.reports.html.blocks import Heading, paragraph, table
from weekwise.reports.html.markup import Tone
from weekwise.tasks.records import ClassScore, GroupMean
from weekwise.wording import fixed, percent, whole

MOST_COLUMNS = 8
"""Classes with a column of their own in a table of shares; the rest are one more."""
MOST_CONFUSED = 25
"""A larger confusion matrix is not for reading."""
OTHERS = "others"
LINES: tuple[Tone, ...] = ("accent", "second", "plain")
"""The colors of the most frequent classes; more lines than these are hard to tell apart."""


def share_table(
    groups: Sequence[GroupMean],
    *,
    title: str,
    corner: str,
    label: Callable[[str], str] = str,
) -> Markup:
    """The share of each class in groups of rows.

    Args:
        groups: The groups, each with its shares.
        title: The table's caption.
        corner: What the groups are.
        label: What people call a group.
    """
    classes, rest = _own_columns(groups)
    rows = [
        ShadedRow(
            label(group.label),
            [
                *(group.shares[name] for name in classes),
                *([sum(group.shares[name] for name in rest)] if rest else []),
            ],
            note=whole(group.rows),
        )
        for group in groups
        if group.rows
    ]
    columns = [*classes, *([OTHERS] if rest else [])]
    return shaded_table(rows, columns, title=title, corner=corner)


def _own_columns(groups: Sequence[GroupMean]) -> tuple[list[str], list[str]]:
    """The most frequent classes of all groups in their own order, and the rest."""
    names = list(groups[0].shares) if groups else []
    counts = {name: sum(group.shares[name] * group.rows for group in groups) for name in names}
    top = set(sorted(names, key=lambda name: -counts[name])[:MOST_COLUMNS])
    if len(names) == MOST_COLUMNS + 1:
        top = set(names)
    return [name for name in names if name in top], [name for name in names if name not in top]


def share_lines(groups: Sequence[GroupMean], overall: GroupMean) -> list[Series]:
    """The shares of the most frequent classes over an ordered axis, a line each.

    Args:
        groups: The points, each with its shares.
        overall: All rows, which say what the most frequent classes are.
    """
    ranked = sorted(overall.shares, key=lambda name: -overall.shares[name])
    return [
        Series(name, [group.shares[name] if group.rows else None for group in groups], tone=tone)
        for name, tone in zip(ranked, LINES, strict=False)
    ]


def confusion_table(classes: Sequence[ClassScore], title: str) -> Markup:
    """What happened, down, against the most likely class, across: the confusion matrix."""
    if len(classes) > MOST_CONFUSED:
        return paragraph(
            f"The confusion matrix of {len(classes)} classes is in weekly_report.json.", note=True
        )
    rows = [
        ShadedRow(score.label, score.predicted_as, note=whole(score.rows), marked=place)
        for place, score in enumerate(classes)
    ]
    names = [score.label for score in classes]
    return shaded_table(rows, names, title=title, corner="Happened", show=whole)


def class_table(classes: Sequence[ClassScore], title: str) -> Markup:
    """Each class: what was predicted of it, what happened, precision and recall."""
    numbers = ("Rows", "Mean probability", "Actual share", "Precision", "Recall")
    return table(
        title,
        ["Class", *(Heading(name, "number") for name in numbers)],
        [
            [
                score.label,
                whole(score.rows),
                percent(score.mean_prediction),
                percent(score.share),
                fixed(score.precision),
                fixed(score.recall),
            ]
            for score in classes
        ],
    )
