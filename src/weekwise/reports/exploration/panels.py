"""The panels of the report that show one feature, or one pair, each."""

from __future__ import annotations

from markupsafe import Markup

from weekwise.analysis.association import Association
from weekwise.analysis.drift import DriftLevel
from weekwise.analysis.feature_drift import FeatureDrift
from weekwise.analysis.profile import ColumnSummary
from weekwise.contract.model import Contract
from weekwise.reports.charts import Bar, bars, heatmap, histogram, sparkline
from weekwise.reports.exploration.exploration import Exploration
from weekwise.reports.html.blocks import Content, Heading, badge, card, figure, paragraph, table
from weekwise.reports.html.markup import join, tag
from weekwise.reports.html.page import Section
from weekwise.tasks import TASKS
from weekwise.wording import fixed, number, percent, whole

CARD_BARS = 5
STRONGEST_PAIRS = 15
MOST_CELLS = 40


def label_of(contract: Contract, feature: str, value: str) -> str:
    """A value with the label its contract gives it."""
    labels = contract.columns[feature].values or {}
    label = {_plain(key): text for key, text in labels.items()}.get(value, value)
    return label if label == value else f"{label} ({value})"


def _plain(key: str | int | bool) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def rate_panel(association: Association, found: Exploration, contract: Contract) -> Markup:
    """The target's rate by value of one feature."""
    column = contract.columns[association.name]
    rows = [
        Bar(
            label_of(contract, association.name, rate.label),
            rate.mean,
            rate.low,
            rate.high,
            note=whole(rate.rows),
        )
        for rate in association.by_value
    ]
    title = f"{column.title}, {column.unit}" if column.unit else column.title
    return bars(
        rows,
        title=title,
        reference=found.target.overall.mean,
        names=("Value", found.target.title),
        show=TASKS[found.target.task].show,
    )


def distribution_card(column: ColumnSummary, drift: FeatureDrift, contract: Contract) -> Markup:
    """One feature: its gaps, its quantiles, its shape, and whether it drifts."""
    mark = badge("unusual drift", tone="warn") if drift.unusual else ""
    if not any(column.history):
        picture: Content = paragraph("No past row has a value.", note=True)
    elif column.kind == "numeric":
        picture = histogram(
            column.bins,
            [
                ("history", column.history),
                *([("upcoming", column.upcoming)] if any(column.upcoming) else []),
            ],
            title=f"Distribution of {column.title}",
            ends=_ends(column),
        )
    else:
        picture = _category_bars(column, contract)
    return card(join([column.title, mark]), paragraph(_facts(column), note=True), picture)


def _ends(column: ColumnSummary) -> tuple[str, str]:
    first, last = column.bins[0], column.bins[-1]
    return first.split(" to ")[0], last.split(" to ")[-1]


def _category_bars(column: ColumnSummary, contract: Contract) -> Markup:
    upcoming = column.upcoming or (None,) * len(column.bins)
    rows = [
        Bar(label_of(contract, column.name, name), share, second=second)
        for name, share, second in zip(column.bins, column.history, upcoming, strict=True)
    ]
    return bars(
        rows[:CARD_BARS], title="The most frequent values", names=("Value", "Share"), quiet=True
    )


def _facts(column: ColumnSummary) -> str:
    gaps = [f"{percent(column.missing)} missing"] if column.missing else []
    if column.missing_upcoming and column.missing_upcoming != column.missing:
        gaps.append(f"{percent(column.missing_upcoming)} of the upcoming")
    if column.quantiles is None:
        return "; ".join([f"{whole(column.distinct)} values", *gaps])
    unit = f" {column.unit}" if column.unit else ""
    middle = f"median {number(column.quantiles.median)}{unit}"
    half = f"half from {number(column.quantiles.lower)} to {number(column.quantiles.upper)}"
    return "; ".join([middle, half, *gaps])


def drift_section(found: Exploration) -> Section:
    """Every feature's upcoming rows against its history."""
    ranked = sorted(found.drift, key=lambda one: -(one.upcoming.psi or 0.0))
    rows = [
        [
            one.title,
            fixed(one.upcoming.psi),
            join([sparkline([*one.recent, one.upcoming.psi], title=_trend(one))]),
            _level(one),
            str(one.upcoming.direction),
        ]
        for one in ranked
    ]
    heads: list[str | Heading] = [
        "Feature",
        Heading("PSI", "number"),
        "Last weeks",
        "Level",
        "Largest move",
    ]
    lead = (
        "How far the upcoming rows lie from history. A single week always differs from a year: "
        "what counts is whether it differs more than the last weeks did."
    )
    if not found.profile.upcoming_rows:
        lead = "There are no upcoming rows to compare with history."
    parts = [table("Population stability index, the largest first", heads, rows)]
    return Section("Drift", [*parts, *_moved_most(ranked)], lead=lead)


def _trend(one: FeatureDrift) -> str:
    shown = ", ".join(fixed(psi) for psi in one.recent)
    return f"PSI of the last weeks: {shown}; upcoming: {fixed(one.upcoming.psi)}"


def _level(one: FeatureDrift) -> Markup:
    level = "steady" if one.upcoming.level is DriftLevel.NONE else one.upcoming.level.value
    if one.unusual:
        return badge(f"{level}, unusual", tone="warn")
    return badge(f"{level}, as usual" if one.upcoming.drifted else level)


def _moved_most(ranked: list[FeatureDrift]) -> list[Markup]:
    """The bins of the features that moved unusually."""
    shown = [one for one in ranked if one.unusual][:3]
    return [
        figure(
            bars(
                [
                    Bar(
                        held.label,
                        held.reference / max(1, one.upcoming.reference_rows),
                        second=held.current / max(1, one.upcoming.current_rows),
                    )
                    for held in one.upcoming.bins
                ],
                title=f"{one.title}: share of rows by bin, history in blue, upcoming in orange",
                names=("DriftBin", "History"),
            )
        )
        for one in shown
    ]


def correlation_section(found: Exploration) -> Section:
    """The features with each other."""
    correlations = found.correlations
    titles = {column.name: column.title for column in found.profile.columns}
    shown = _most_connected(found)
    places = [correlations.names.index(name) for name in shown]
    cells = [[correlations.cells[row][column] for column in places] for row in places]
    rows = [
        [titles[pair.first], titles[pair.second], pair.measure, fixed(pair.value)]
        for pair in correlations.pairs[:STRONGEST_PAIRS]
    ]
    heads: list[str | Heading] = ["Feature", "Feature", "Measure", Heading("Strength", "number")]
    legend = tag("span", "Darker is stronger; point at a cell to read it.")
    square = heatmap([titles[name] for name in shown], cells, title="Pairwise correlation")
    parts = [figure(square, legend), table("The strongest pairs", heads, rows)]
    return Section("Features with each other", parts)


def _most_connected(found: Exploration) -> list[str]:
    """The names that fit into the picture, those in the strongest pairs first."""
    names = found.correlations.names
    if len(names) <= MOST_CELLS:
        return list(names)
    ranked = dict.fromkeys(
        name for pair in found.correlations.pairs for name in (pair.first, pair.second)
    )
    chosen = set([*ranked, *names][:MOST_CELLS])
    return [name for name in names if name in chosen]
