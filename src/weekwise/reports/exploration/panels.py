"""The panels of the report that show one feature each."""

from __future__ import annotations

from markupsafe import Markup

from weekwise.analysis.association import Association
from weekwise.analysis.feature_drift import FeatureDrift
from weekwise.analysis.profile import ColumnSummary
from weekwise.contract.model import Contract
from weekwise.reports.charts import Bar, bars, bin_ends, histogram
from weekwise.reports.class_tables import share_table
from weekwise.reports.exploration.exploration import Exploration
from weekwise.reports.html.blocks import Content, badge, card, paragraph
from weekwise.reports.html.markup import join
from weekwise.wording import number, percent, whole

CARD_BARS = 5


def label_of(contract: Contract, feature: str, value: str) -> str:
    """A value with the label its contract gives it."""
    labels = contract.columns[feature].values or {}
    label = {_plain(key): text for key, text in labels.items()}.get(value, value)
    return label if label == value else f"{label} ({value})"


def _plain(key: str | int | bool) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def rate_panel(association: Association, exploration: Exploration, contract: Contract) -> Markup:
    """The target by value of one feature: its mean, or the share of each class."""
    column = contract.columns[association.name]
    title = f"{column.title}, {column.unit}" if column.unit else column.title
    if exploration.target.overall.shares:
        return share_table(
            association.by_value,
            title=title,
            corner="Value",
            label=lambda value: label_of(contract, association.name, value),
        )
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
    return bars(
        rows,
        title=title,
        reference=exploration.target.overall.mean,
        names=("Value", exploration.target.title),
        show=exploration.task.show,
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
            ends=bin_ends(column.bins),
        )
    else:
        picture = _category_bars(column, contract)
    return card(join([column.title, mark]), paragraph(_facts(column), note=True), picture)


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
