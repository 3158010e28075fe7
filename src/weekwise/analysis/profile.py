"""Each feature by itself: counts, gaps, quantiles and the shape of its distribution."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Literal

import numpy as np

from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.table import AnalysisTable, Codes, Floats
from weekwise.contract.frozen import Frozen
from weekwise.features.past_sample import PastSample
from weekwise.wording import number

BINS = 24
# The ends of a long tail would squeeze everything else into one bin of a histogram.
TAILS = (0.005, 0.995)
OTHERS = "others"
MISSING = "(missing)"


FeatureKind = Literal["numeric", "categorical"]


class Quantiles(Frozen):
    """A number's least, quarter, middle, three-quarter and greatest value, and its mean."""

    min: float
    lower: float
    median: float
    upper: float
    max: float
    mean: float


class ColumnSummary(Frozen):
    """One feature by itself.

    Attributes:
        name: The feature's name.
        title: Its title in the contract.
        unit: Its unit in the contract.
        kind: Whether it is a number or a category.
        distinct: How many different values history has.
        missing: The share of past rows without a value.
        missing_upcoming: The same of upcoming rows; None if there are none.
        top: The most frequent value, by name.
        top_share: Its share of past rows; a missing value counts as a value.
        quantiles: Of a number, over past rows.
        bins: Names of the bins of the distribution.
        history: Share of past rows that have a value, by bin.
        upcoming: The same of upcoming rows; empty if there are none.
        unseen: Upcoming rows with a category that history does not know.
    """

    name: str
    title: str
    unit: str | None
    kind: FeatureKind
    distinct: int
    missing: float
    missing_upcoming: float | None
    top: str | None
    top_share: float
    quantiles: Quantiles | None
    bins: tuple[str, ...]
    history: tuple[float, ...]
    upcoming: tuple[float, ...]
    unseen: int


class Profile(Frozen):
    """The rows and columns of the table.

    Attributes:
        table: The table's title.
        as_of: The run's logical date.
        end: The first date after the upcoming rows; None where rows have no time.
        first: The date of the first past row; None if there is none.
        history_rows: Past rows.
        drawn: Which of them the features are described by, where history is long; none if all.
        upcoming_rows: Upcoming rows.
        columns: The features one by one, in the contract's order.
    """

    table: str
    as_of: date
    end: date | None
    first: date | None
    history_rows: int
    drawn: PastSample | None = None
    upcoming_rows: int
    columns: tuple[ColumnSummary, ...]


def profile_columns(table: AnalysisTable, params: ExplorationParams) -> Profile:
    """Describe the rows of history and of the upcoming days, and each feature by itself."""
    return Profile(
        table=table.contract.title,
        as_of=table.window.as_of,
        end=table.window.end if table.is_timed else None,
        first=table.first_day,
        history_rows=table.drawn.rows,
        drawn=None if table.drawn.is_whole else table.drawn,
        upcoming_rows=table.upcoming.rows,
        columns=tuple(summarize_column(table, name, params) for name in table.features),
    )


def summarize_column(table: AnalysisTable, name: str, params: ExplorationParams) -> ColumnSummary:
    """Describe one feature over past and upcoming rows."""
    if table.is_numeric(name):
        return _numeric(table, name)
    return _categorical(table, name, params.max_categories)


def _numeric(table: AnalysisTable, name: str) -> ColumnSummary:
    past, coming = table.history.numbers[name], table.upcoming.numbers[name]
    known = np.sort(past[~np.isnan(past)])
    values, counts = _runs(known)
    missing = past.size - known.size
    top, most = (number(float(values[counts.argmax()]), 6), counts.max()) if known.size else ("", 0)
    labels, edges = _histogram_bins(known, values)
    return ColumnSummary(
        **_facts(table, name, "numeric"),
        distinct=values.size,
        missing=_share(missing, past.size) or 0.0,
        missing_upcoming=_share(int(np.isnan(coming).sum()), coming.size),
        top=(top if most >= missing else MISSING) if past.size else None,
        top_share=_share(int(max(most, missing)), past.size) or 0.0,
        quantiles=_quantiles(known) if known.size else None,
        bins=labels,
        history=_binned(known, edges),
        upcoming=_binned(coming[~np.isnan(coming)], edges) if table.upcoming.rows else (),
        unseen=0,
    )


def _categorical(table: AnalysisTable, name: str, most_shown: int) -> ColumnSummary:
    names = table.categories[name]
    past, past_missing = _counts(table.history.codes[name], len(names))
    coming, coming_missing = _counts(table.upcoming.codes[name], len(names))
    order = np.argsort(-past, kind="stable")
    shown = [place for place in order[:most_shown] if past[place]]
    rest = past.sum() - past[shown].sum() + coming.sum() - coming[shown].sum()
    top = names[order[0]] if past.any() else MISSING
    most = int(past.max(initial=0))
    return ColumnSummary(
        **_facts(table, name, "categorical"),
        distinct=int((past > 0).sum()),
        missing=_share(past_missing, table.history.rows) or 0.0,
        missing_upcoming=_share(coming_missing, table.upcoming.rows),
        top=(top if most >= past_missing else MISSING) if table.history.rows else None,
        top_share=_share(max(most, past_missing), table.history.rows) or 0.0,
        quantiles=None,
        bins=(*(names[place] for place in shown), *((OTHERS,) if rest else ())),
        history=_shares(past, shown, bool(rest)),
        upcoming=_shares(coming, shown, bool(rest)) if table.upcoming.rows else (),
        unseen=int(coming[past == 0].sum()),
    )


def _facts(table: AnalysisTable, name: str, kind: FeatureKind) -> dict[str, str | None]:
    column = table.contract.columns[name]
    return {"name": name, "title": column.title, "unit": column.unit, "kind": kind}


def _share(part: int, rows: int) -> float | None:
    return part / rows if rows else None


def _runs(ordered: Floats) -> tuple[Floats, Codes]:
    """The distinct values of a sorted array, and how often each occurs."""
    if not ordered.size:
        return ordered, np.empty(0, dtype=np.int32)
    starts = np.flatnonzero(np.diff(ordered, prepend=np.nan) != 0)
    return ordered[starts], np.diff(starts, append=ordered.size).astype(np.int32)


def _quantiles(ordered: Floats) -> Quantiles:
    lower, median, upper = np.quantile(ordered, (0.25, 0.5, 0.75))
    return Quantiles(
        min=float(ordered[0]),
        lower=float(lower),
        median=float(median),
        upper=float(upper),
        max=float(ordered[-1]),
        mean=float(ordered.mean()),
    )


def _histogram_bins(ordered: Floats, values: Floats) -> tuple[tuple[str, ...], Floats]:
    """Names and inner edges of the bins: one for each value if those are few, else equal widths."""
    if values.size <= BINS:
        return tuple(number(float(value), 6) for value in values), (values[:-1] + values[1:]) / 2
    low, high = (ordered[round(tail * (ordered.size - 1))] for tail in TAILS)
    if low == high:
        low, high = ordered[0], ordered[-1]
    edges = np.linspace(low, high, BINS + 1)
    shown = [number(float(edge), 4) for edge in edges]
    labels = tuple(f"{left} to {right}" for left, right in pairwise(shown))
    return labels, edges[1:-1]


def _binned(known: Floats, edges: Floats) -> tuple[float, ...]:
    """Shares by bin; what lies beyond the outermost edges belongs to the outermost bins."""
    counts = np.bincount(np.searchsorted(edges, known, side="right"), minlength=edges.size + 1)
    return tuple(_rounded(counts / max(1, known.size)))


def _counts(codes: Codes, categories: int) -> tuple[Codes, int]:
    counted = np.bincount(codes + 1, minlength=categories + 1).astype(np.int32)
    return counted[1:], int(counted[0])


def _shares(counts: Codes, shown: list[int], has_others: bool) -> tuple[float, ...]:
    own = counts[shown]
    rest = [counts.sum() - own.sum()] if has_others else []
    return tuple(_rounded(np.array([*own, *rest]) / max(1, counts.sum())))


def _rounded(shares: Floats) -> list[float]:
    return [float(share) for share in np.round(shares, 6)]
