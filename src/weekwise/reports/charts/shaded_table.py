"""A table of shares or counts, each cell shaded by its share of the row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from weekwise.reports.charts.parts import Format, empty_chart
from weekwise.reports.html.markup import join, tag
from weekwise.wording import percent


@dataclass(frozen=True)
class ShadedRow:
    """One row of a shaded table.

    Attributes:
        label: What the row is.
        values: Its values, one a column; none below 0.
        note: A few words behind the last value, such as the number of rows.
        marked: The place of a value to stand out, such as that on a confusion matrix's diagonal.
    """

    label: str
    values: Sequence[float]
    note: str = ""
    marked: int | None = None


def shaded_table(
    rows: Sequence[ShadedRow],
    columns: Sequence[str],
    *,
    title: str,
    corner: str = "",
    show: Format = percent,
) -> Markup:
    """Rows by columns, so that numbers are read as numbers and a pattern is seen at a glance.

    Args:
        rows: The rows, in their order.
        columns: Headings of the values.
        title: The table's caption.
        corner: What the rows are.
        show: How a value is written.
    """
    if not rows or not columns:
        return empty_chart(title)
    noted = any(row.note for row in rows)
    heads = tag(
        "tr",
        tag("th", corner, scope="col"),
        *(tag("th", column, scope="col", class_="num") for column in columns),
        tag("td", "") if noted else "",
    )
    whole = tag(
        "table",
        tag("caption", title),
        tag("thead", heads),
        tag("tbody", join(_row(row, show, noted=noted) for row in rows)),
        class_="shaded",
    )
    return tag("div", whole, class_="scroll", tabindex="0", role="group", aria_label=title)


def _row(row: ShadedRow, show: Format, *, noted: bool) -> Markup:
    total = sum(row.values)
    return tag(
        "tr",
        tag("th", row.label, scope="row"),
        *(
            tag(
                "td",
                show(value),
                class_="num marked" if place == row.marked else "num",
                style=f"--share:{value / total if total else 0:.3f}",
            )
            for place, value in enumerate(row.values)
        ),
        tag("td", row.note, class_="num note") if noted else "",
    )
