"""What the exploratory analysis finds, as plain values: the shape of `exploration.json`."""

from __future__ import annotations

from datetime import date
from typing import Literal

from weekwise.analysis.drift import Drift
from weekwise.analysis.params import ExplorationParams
from weekwise.contract.model import Frozen
from weekwise.contract.types import Task

FeatureKind = Literal["numeric", "categorical"]
Measure = Literal["Spearman", "correlation ratio", "Cramer's V"]


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
        end: The first date after the upcoming rows.
        first: The date of the first past row; None if there is none.
        history_rows: Past rows.
        upcoming_rows: Upcoming rows.
        columns: The features one by one, in the contract's order.
    """

    table: str
    as_of: date
    end: date
    first: date | None
    history_rows: int
    upcoming_rows: int
    columns: tuple[ColumnSummary, ...]


class Rate(Frozen):
    """The target's rate in some rows, with its 95 % confidence interval.

    Attributes:
        label: Which rows.
        rows: How many there are.
        rate: The rate; None without rows.
        low: Lower end of the interval.
        high: Upper end of the interval.
    """

    label: str
    rows: int
    rate: float | None
    low: float | None
    high: float | None


class TargetSummary(Frozen):
    """The target over past rows.

    Attributes:
        name: The target's name.
        title: Its title in the contract.
        task: What is predicted.
        overall: All past rows.
        by_week: Weeks counted back from `as_of`, the earliest first, each by its first day.
        by_weekday: Monday first.
        by_hour: Hours of the day that have rows; empty where the time column holds only dates.
    """

    name: str
    title: str
    task: Task
    overall: Rate
    by_week: tuple[Rate, ...]
    by_weekday: tuple[Rate, ...]
    by_hour: tuple[Rate, ...]


class Association(Frozen):
    """How one feature, alone, goes with the target.

    Attributes:
        name: The feature's name.
        kind: Whether it is a number or a category.
        auc: Area under the ROC curve of the feature's out-of-fold target rates; None where it
            cannot be measured.
        missing_auc: The same of whether the feature has a value; None where all or none have.
        by_value: The target's rate by value or by quantile bin.
    """

    name: str
    kind: FeatureKind
    auc: float | None
    missing_auc: float | None
    by_value: tuple[Rate, ...]


class Pair(Frozen):
    """Two features.

    Attributes:
        first: One feature.
        second: The other.
        measure: What the strength is measured by, as fits their kinds.
        value: How strongly they go together, from 0 (from -1 for two numbers) to 1.
        same_information: How far each can be told from the other, from 0 to 1.
    """

    first: str
    second: str
    measure: Measure
    value: float
    same_information: float


class Correlations(Frozen):
    """All pairs of features.

    Attributes:
        names: The features, in the contract's order.
        cells: Strength of each pair in rows and columns of `names`; None where unknown.
        pairs: The known pairs, the strongest first.
        rows: How many past rows were sampled.
    """

    names: tuple[str, ...]
    cells: tuple[tuple[float | None, ...], ...]
    pairs: tuple[Pair, ...]
    rows: int

    def strongest(self, most: int) -> Correlations:
        """The same with the strongest pairs alone; the cells keep all of them."""
        return self.model_copy(update={"pairs": self.pairs[:most]})


class FeatureDrift(Frozen):
    """The upcoming rows of one feature, and some past weeks, against its history.

    Attributes:
        title: The feature's title in the contract.
        upcoming: The drift of the upcoming rows.
        weeks: First days of the past weeks, the earliest first.
        recent: PSI of each of those weeks; None where a week has no rows.
    """

    title: str
    upcoming: Drift
    weeks: tuple[date, ...]
    recent: tuple[float | None, ...]

    @property
    def usual(self) -> float | None:
        """The largest PSI of the past weeks: what a week of this feature may look like."""
        return max((psi for psi in self.recent if psi is not None), default=None)

    @property
    def unusual(self) -> bool:
        """Whether the upcoming rows drifted, and further than any of the past weeks."""
        psi = self.upcoming.psi
        if psi is None or not self.upcoming.drifted:
            return False
        return self.usual is None or psi > self.usual


class Dropped(Frozen):
    """A feature that is not trained on, and why."""

    feature: str
    reason: str


class Selection(Frozen):
    """What is trained on.

    Attributes:
        selected: The features to train on, in the contract's order.
        dropped: The others, each with its reason, in the same order.
        kept: Features that a rule would have dropped and the parameters keep, with that rule.
    """

    selected: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    kept: tuple[Dropped, ...] = ()


class Finding(Frozen):
    """A sentence worth a person's time.

    Attributes:
        tone: How much it matters.
        title: What it is about.
        text: What was found, and what to do about it.
    """

    tone: Literal["plain", "ok", "warn", "act"]
    title: str
    text: str


class Exploration(Frozen):
    """All of it.

    Attributes:
        profile: The rows and columns of the table.
        findings: What is worth a person's time, the gravest first.
        target: The target over past rows.
        associations: Each feature with the target, in the contract's order.
        correlations: The features with each other.
        drift: The upcoming rows against history.
        selection: What is trained on.
        params: The settings it was all found with.
    """

    profile: Profile
    findings: tuple[Finding, ...]
    target: TargetSummary
    associations: tuple[Association, ...]
    correlations: Correlations
    drift: tuple[FeatureDrift, ...]
    selection: Selection
    params: ExplorationParams
