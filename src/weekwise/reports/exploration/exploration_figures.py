"""The figures of the exploratory analysis, for its page, for Kedro-Viz and for MLflow."""

from __future__ import annotations

from typing import NamedTuple

from weekwise.analysis.association import Association
from weekwise.contract.model import Contract
from weekwise.reports.charts import (
    Bar,
    ChartFigure,
    Series,
    bars,
    bars_height,
    heatmap,
    heatmap_height,
    line_chart,
)
from weekwise.reports.class_tables import share_lines
from weekwise.reports.drift_chart import drift_figure
from weekwise.reports.exploration.exploration import Exploration
from weekwise.reports.exploration.panels import distribution_card
from weekwise.reports.html.blocks import grid
from weekwise.wording import fixed

MOST_BARS = 60
MOST_CARDS = 60
MOST_CELLS = 40
WEEKS_HEIGHT = 230
CARDS_ACROSS = 3
CARD_HEIGHT = 245


class ExplorationFigures(NamedTuple):
    """The figures, by the names of their datasets without `_figure`."""

    target_rate: ChartFigure
    missing: ChartFigure
    distributions: ChartFigure
    associations: ChartFigure
    correlation: ChartFigure
    drift: ChartFigure


def target_rate(exploration: Exploration) -> ChartFigure:
    """The target's mean by week, or where rows have no time as a whole, with its interval."""
    target = exploration.target
    if not target.by_week:
        overall = target.overall
        rows = [Bar(overall.label, overall.mean, overall.low, overall.high)]
        if overall.shares:
            rows = [Bar(label, part) for label, part in overall.shares.items()]
        whole = bars(rows, title=target.title, names=("Rows", "Mean"), show=exploration.task.show)
        return ChartFigure(target.title, whole, bars_height(len(rows)))
    classes = share_lines(target.by_week, target.overall)
    weeks = line_chart(
        [rate.label for rate in target.by_week],
        classes or [Series.of_means(target.title, target.by_week)],
        title=f"{target.title} by week, named by its first day",
        reference=None if classes else _overall(exploration),
        height=WEEKS_HEIGHT,
        show=exploration.task.show,
    )
    caption = "By week, named by its first day. The band is the 95% interval."
    if classes:
        caption = "The share of the most frequent classes by week, named by its first day."
    return ChartFigure(f"{target.title} by week", weeks, WEEKS_HEIGHT, caption)


def missing(exploration: Exploration) -> ChartFigure:
    """The share of missing values of each feature that has any, history above upcoming."""
    columns = [
        column
        for column in exploration.profile.columns
        if column.missing or column.missing_upcoming
    ]
    columns = sorted(columns, key=lambda column: -column.missing)[:MOST_BARS]
    rows = [Bar(column.title, column.missing, second=column.missing_upcoming) for column in columns]
    chart = bars(
        rows,
        title="Missing values: history in blue, upcoming rows in orange",
        names=("Feature", "History"),
    )
    return ChartFigure("Missing values", chart, bars_height(len(rows)))


def distributions(exploration: Exploration, contract: Contract) -> ChartFigure:
    """The distribution of each feature, history and upcoming.

    Args:
        exploration: What was measured.
        contract: What the table is; it gives values their labels.
    """
    cards = [
        distribution_card(column, drift, contract)
        for column, drift in zip(exploration.profile.columns, exploration.drift, strict=True)
    ][:MOST_CARDS]
    down = -(-len(cards) // CARDS_ACROSS)
    caption = "Blue is history, orange the upcoming rows."
    return ChartFigure("Distributions", grid(cards), CARD_HEIGHT * down, caption)


def associations(exploration: Exploration) -> ChartFigure:
    """How strongly each feature, alone, is associated with the target."""
    measure, least = exploration.task.words.association, exploration.task.no_association
    titles = exploration.titles
    rows = [
        Bar(titles[feature.name], max(0.0, feature.strength - least))
        for feature in by_strength(exploration)
        if feature.strength is not None
    ]
    chart = bars(
        rows[:MOST_BARS],
        title=f"{measure} of each feature alone; the bar starts at {least:g}",
        show=lambda above: fixed(least + (above or 0.0), 3),
        names=("Feature", measure),
    )
    title = f"Association with the target: {exploration.target.title}"
    return ChartFigure(title, chart, bars_height(len(rows[:MOST_BARS])))


def by_strength(exploration: Exploration) -> list[Association]:
    """The features by their association with the target, the strongest first."""
    return sorted(
        exploration.associations, key=lambda feature: (-(feature.strength or 0.0), feature.name)
    )


def correlation(exploration: Exploration) -> ChartFigure:
    """How strongly each pair of features goes together."""
    correlations = exploration.correlations
    titles = exploration.titles
    names = _most_connected(exploration)
    places = [correlations.names.index(name) for name in names]
    cells = [[correlations.cells[row][column] for column in places] for row in places]
    shown = [titles[name] for name in names]
    square = heatmap(shown, cells, title="Pairwise correlation")
    caption = "The stronger the color, the stronger the correlation. Point at a cell to read it."
    return ChartFigure("Pairwise correlation", square, heatmap_height(shown), caption)


def _most_connected(exploration: Exploration) -> list[str]:
    """The names that fit into the picture, those in the strongest pairs first."""
    names = exploration.correlations.names
    if len(names) <= MOST_CELLS:
        return list(names)
    ranked = dict.fromkeys(
        name for pair in exploration.correlations.pairs for name in (pair.first, pair.second)
    )
    chosen = set([*ranked, *names][:MOST_CELLS])
    return [name for name in names if name in chosen]


def drift(exploration: Exploration) -> ChartFigure:
    """The PSI of the upcoming rows beside that of the past weeks."""
    return drift_figure(exploration.by_drift[:MOST_BARS])


def _overall(exploration: Exploration) -> tuple[str, float] | None:
    """The mean of all history, as a level line."""
    mean = exploration.target.overall.mean
    return None if mean is None else ("all history", mean)
