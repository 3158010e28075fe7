"""How a model was fitted: its settings, and what is kept of the fitting with every model."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from weekwise.contract.column import Share
from weekwise.contract.frozen import Frozen
from weekwise.features.past_sample import PastSample
from weekwise.features.time_features import CALENDAR_FEATURES, calendar_feature
from weekwise.tasks.records import Baseline

DAYS_IN_WEEK = 7
# Up to so many training rows (of classes, rows times classes) trees are cheap, and a few fits are.
_MANY_ROWS, _TRIED_ROWS = 50_000, 20_000
_OF_FEWER_ROWS: dict[str, int | float | None] = {
    "iterations": 1000,
    "early_stopping_rounds": 100,
    "subsample": None,
    "rsm": 1.0,
}
_PACE = {"iterations", "learning_rate", "validation_every"}
_OWN_ENCODING = {"one_hot_max_size": 2, "max_ctr_complexity": 4}


def _off_the_week(days: int | None) -> int | None:
    if days is not None and days % DAYS_IN_WEEK == 0:
        raise ValueError(f"every {days} days is always the same weekday; use {days + 1}, say")
    return days


def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        calendar_feature(name)
    return names


class SmallTableParams(Frozen):
    """How a table of few rows is fitted: more slowly, for there is little to learn from.

    Its settings stand in for those of `FitParams`, unless one of these is given by hand.

    Attributes:
        max_rows: Up to so many training rows are few; of classes, rows times classes.
        folds: The number of trees is the one that is best on parts left out in turn, so many of
            them: whole days, or rows where there is no time.
        iterations: The most trees to grow.
        learning_rate: How far one tree moves the prediction.
        one_hot_max_size: As of `FitParams`, and so are the others. Statistics of the target by
            category are little more than noise where a category has a few rows.
        max_ctr_complexity: None are combined.
        leaf_estimation_iterations: None is CatBoost's own number for the loss.
        subsample: None is CatBoost's own way.
        rsm: All inputs.
        early_stopping_rounds: Stop after this many trees that make a part left out no better.
    """

    max_rows: int = Field(default=2000, ge=0)
    folds: int = Field(default=3, ge=2)
    iterations: int = Field(default=1000, ge=1)
    learning_rate: float = Field(default=0.06, gt=0, le=1)
    one_hot_max_size: int = Field(default=255, ge=2, le=255)
    max_ctr_complexity: int = Field(default=1, ge=1, le=4)
    leaf_estimation_iterations: int | None = Field(default=None, ge=1)
    subsample: float | None = Field(default=None, gt=0, le=1)
    rsm: float = Field(default=1.0, gt=0, le=1)
    early_stopping_rounds: int = Field(default=100, ge=1)


class FitParams(Frozen):
    """How to fit a model.

    Attributes:
        iterations: The most trees to grow. Where it is not given by hand, a table of up to 50,000
            training rows (of classes, rows times classes) gets up to 1,000, each of all rows and
            inputs, and more patience before they stop.
        learning_rate: How far one tree moves the prediction.
        depth: Levels of each tree.
        l2_leaf_reg: CatBoost's L2 regularization of leaf values.
        one_hot_max_size: Categories with at most this many values are one-hot encoded; the others
            become target statistics.
        max_ctr_complexity: How many categories CatBoost may combine into one.
        leaf_estimation_iterations: Newton steps for the values of one tree's leaves; none for
            CatBoost's own number for the loss.
        subsample: Share of the rows that each tree is grown on; none for CatBoost's own way.
        rsm: Share of the inputs that each split chooses from; the random subspace method.
        early_stopping_rounds: Stop after this many trees without a better validation loss.
        validation_every: Every n-th day, counted back from the newest, is set aside to stop early
            on; the newest days themselves are trained on. Not a multiple of 7. Where rows have no
            time, about every n-th row is. None means that all rows are trained on and all
            `iterations` trees are grown. A small table sets none aside.
        small: How a small table is fitted, unless its settings are given here by hand; none if
            like any other.
        recency_half_life_days: Rows this much older than the newest weigh half; none means all
            weigh alike. It needs a time column.
        threshold: For yes or no: the probability from which the decision is yes.
        loss: For numbers: the loss that the trees reduce: `squared`; `poisson`, for counts;
            `tweedie`, for skewed amounts that are never negative. None lets the outcomes decide.
        drop_calendar: Calendar features to do without. In a history of less than a few years the
            day of the month or of the year names single days, not seasons; so does a holiday.
        country: The country whose public holidays count, as an ISO 3166 code; none if none do.
        seed: Seed of CatBoost's random numbers.
        threads: Threads to train on; none means all cores. It does not change the model.
        blend_max_rows: Up to so many training rows (of classes, rows times classes) a linear model
            is fitted beside the trees, and the two are blended with the share that is best on rows
            neither has seen; 0 for trees alone.
        level_correction: Whether a model that is fitted again is corrected by part of what the
            holdout's days missed the level by, where that has paid in the table's past weeks. It
            needs a time column.
    """

    iterations: int = Field(default=400, ge=1)
    learning_rate: float = Field(default=0.08, gt=0, le=1)
    depth: int = Field(default=6, ge=1, le=12)
    l2_leaf_reg: float = Field(default=3.0, ge=0)
    one_hot_max_size: int = Field(default=255, ge=2, le=255)
    max_ctr_complexity: int = Field(default=1, ge=1, le=4)
    leaf_estimation_iterations: int | None = Field(default=1, ge=1)
    subsample: float | None = Field(default=0.5, gt=0, le=1)
    rsm: float = Field(default=0.5, gt=0, le=1)
    early_stopping_rounds: int = Field(default=30, ge=1)
    validation_every: Annotated[
        Annotated[int, Field(ge=2)] | None, AfterValidator(_off_the_week)
    ] = 10
    small: SmallTableParams | None = SmallTableParams()
    recency_half_life_days: float | None = Field(default=None, gt=0)
    threshold: Share = 0.5
    loss: Literal["squared", "poisson", "tweedie"] | None = None
    drop_calendar: Annotated[tuple[str, ...], AfterValidator(_known)] = (
        "day_of_month",
        "day_of_year",
        "days_since_holiday",
        "days_to_holiday",
        "holiday_offset",
    )
    country: str | None = None
    seed: int = 0
    threads: int | None = Field(default=None, ge=1)
    blend_max_rows: int = Field(default=20_000, ge=0)
    level_correction: bool = True

    @property
    def calendar(self) -> tuple[str, ...]:
        """The calendar features to use."""
        return tuple(name for name in CALENDAR_FEATURES if name not in self.drop_calendar)

    def small_for(self, rows: int) -> SmallTableParams | None:
        """How to fit so many rows, if they are few and no setting of that is given by hand."""
        if self.small is None or rows > self.small.max_rows:
            return None
        of_few = {*SmallTableParams.model_fields, "validation_every"}
        return None if of_few & self.model_fields_set else self.small

    def of_few_rows(self, small: SmallTableParams) -> FitParams:
        """These settings with those of a small table: no row is set aside."""
        own = small.model_dump(exclude={"max_rows", "folds"})
        return self.model_copy(update={**own, "validation_every": None})

    def of_rows(self, rows: int) -> FitParams:
        """These settings for so many rows: trees are cheap where rows are not many."""
        by_hand = self.model_fields_set
        if by_hand & {"iterations", "validation_every"} or rows > _MANY_ROWS:
            return self
        return self.model_copy(
            update={name: value for name, value in _OF_FEWER_ROWS.items() if name not in by_hand}
        )

    def tries_for(self, rows: int) -> bool:
        """Whether a few fits are tried on so many rows, unless their pace is given by hand."""
        return rows <= _TRIED_ROWS and not self.model_fields_set & _PACE

    def encodings_of(self, params: FitParams) -> list[FitParams]:
        """Settings of a table, and the same with CatBoost's own way with categories.

        Args:
            params: The settings that follow from these for the table's size. How they take
                categories stays if that is given here by hand.
        """
        if _OWN_ENCODING.keys() & self.model_fields_set:
            return [params]
        return [params, params.model_copy(update=_OWN_ENCODING)]


class LevelTrial(Frozen):
    """How the level correction would have done in the table's past weeks.

    Attributes:
        weeks: How many weeks it was tried on.
        share: The share of the shift that pays the most; 0 if none pays, which takes a mean gain
            of more than its standard error.
        gain: By how much that share, or the better one of those that do not pay, lowers the mean
            loss of a week's rows.
        error: The standard error of that gain over weeks.
        better: In how many weeks the loss is lower.
    """

    weeks: int
    share: Share
    gain: float
    error: float
    better: int


class TrainingRecord(Frozen):
    """What is kept of a model's fitting.

    Attributes:
        as_of: The run that fitted it.
        train_start: Date of the oldest row it has seen; none where rows have no time.
        train_end: The first date after the newest row it has seen; rows from this date on are new
            to it. None where rows have no time.
        holdout_share: Where rows have no time: the share of them that was held out, by a hash of
            their key.
        rows: How many rows it was fitted on, those for early stopping not counted.
        validation_rows: How many rows early stopping watched.
        baseline: What all these outcomes alone predict: for yes or no the positive rate.
        trees: How many trees it has.
        validation_loss: Loss on the rows that early stopping watched, an optimistic figure; none
            without early stopping.
        params: The settings it was fitted with.
        errors: For numbers: the ends of the errors on the rows that early stopping watched, in
            units of their spread, for the prediction interval; none without such rows.
        loss: The loss that the trees reduced, by CatBoost's name.
        never_negative: For numbers: whether predictions end at zero, as counts and amounts do.
        folds: Of a small table: over how many parts left out in turn its trees were counted.
            `validation_loss` and `errors` are of these, and all rows were trained on.
        linear_share: The share of the linear model in the scores; the rest is the trees'.
        level: What is added to each score of a row, as the task has them: the level correction;
            empty for none.
        level_trial: How that did in past weeks; none where it was not tried.
        judged: Where the model was fitted again on all rows: the record of its twin, fitted
            without the holdout, which was judged. None if the model was judged itself.
        sample: Which part of a long history it was fitted on; none if on all of it.
    """

    as_of: date
    train_start: date | None
    train_end: date | None
    holdout_share: Share | None = None
    rows: int
    validation_rows: int
    baseline: Baseline
    trees: int
    validation_loss: float | None
    params: FitParams
    errors: tuple[float, float] | None = None
    loss: str | None = None
    never_negative: bool = False
    folds: int | None = None
    linear_share: Share = 0.0
    level: tuple[float, ...] = ()
    level_trial: LevelTrial | None = None
    judged: TrainingRecord | None = None
    sample: PastSample | None = None
