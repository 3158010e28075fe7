"""A recipe over past weeks: at each origin it knows what a run of that day would have known.

Rolling-origin evaluation: Tashman, "Out-of-sample tests of forecasting accuracy", International
Journal of Forecasting 16, 2000. A row's features hold nothing that was not known on its own day, so
one table of features serves all origins; what moves is which outcomes are known.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd

from weekwise.analysis.association import measure_associations
from weekwise.analysis.correlation import correlate_features
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.profile import profile_columns
from weekwise.analysis.selection import select_features
from weekwise.analysis.table import read_analysis_table
from weekwise.contract.frozen import Frozen
from weekwise.contract.model import Contract
from weekwise.errors import ContractError, FeedError
from weekwise.features.calendar import Calendar
from weekwise.features.model_frame import model_frame
from weekwise.features.read_values import Floats
from weekwise.features.row_hash import row_fractions
from weekwise.features.window import Window
from weekwise.model.backtest import BacktestWeek, Contender, DayScore
from weekwise.model.boosting import OnProgress
from weekwise.model.fitting import fit, refit
from weekwise.model.holdout import clusters, held_out
from weekwise.model.linear_learner import fit_linear
from weekwise.model.predictor import Predictor
from weekwise.model.training_record import FitParams
from weekwise.tasks import task_of
from weekwise.tasks.base import Task

TRAILING_DAYS = 14
"""The newest days whose outcomes make the trailing constant."""


class Recipe(Frozen):
    """How a weekly run makes its model.

    Attributes:
        exploration: How features are chosen.
        fit: How a model is fitted.
        holdout_days: How many of the newest days a model is judged on, and not fitted on before.
        refit: Whether it is then fitted on all rows.
        horizon_days: How many days a run predicts.
    """

    exploration: ExplorationParams
    fit: FitParams
    holdout_days: int
    refit: bool
    horizon_days: int


def refuse_untimed(contract: Contract) -> None:
    """Refuse a table that has no past weeks.

    Raises:
        ContractError: If the contract has no time column.
    """
    if contract.time is None:
        raise ContractError(
            f"contract {contract.table} has no time column, so there are no past weeks to go back "
            "to; give one column role: time, or judge by the holdout of kedro run"
        )


def past_origins(
    window: Window, contract: Contract, calendar: Calendar, weeks: int, *, first_day: date
) -> tuple[date, ...]:
    """The as-of dates of past weeks whose outcomes are all due, in order.

    Args:
        window: The place in time of the run that built the table.
        contract: What the table is; it has a time column.
        calendar: How runs follow one another, and how much history the first one needs.
        weeks: The most weeks to go back.
        first_day: The date of the oldest row.

    Raises:
        FeedError: If no past week can be judged.
    """
    step = timedelta(days=calendar.step_days)
    history = timedelta(days=calendar.min_history_days + contract.known_after_days)
    # The model of the week before needs its history too.
    earliest = max(calendar.earliest, first_day + history) + step
    newest = window.history_end(contract) - timedelta(days=window.horizon_days)
    origins: list[date] = []
    origin = window.as_of - step
    while origin >= earliest and len(origins) < weeks:
        if origin <= newest:
            origins.append(origin)
        origin -= step
    if not origins:
        raise FeedError(
            f"no past week can be judged as of {window.as_of}: the first one that has "
            f"{calendar.min_history_days} days of history and a week before begins on {earliest}, "
            f"and the outcomes of weeks that begin after {newest} are not all due; "
            "run a later week, or lower calendar.min_history_days"
        )
    return tuple(reversed(origins))


@dataclass
class RollingOrigin:
    """Judges past weeks one by one; it keeps the last model for the week after.

    Attributes:
        features: Rows of the features contract.
        contract: Their contract; it has a time and a target.
        calendar: How runs follow one another.
        recipe: How a run makes its model.
        history: Rows whose outcome is known by now, in the order of the key.
        on_progress: Called about ten times while a model is fitted.
        most_rows: Of more known rows a sample of so many, by a hash of the key, is learned from.
    """

    features: ibis.Table
    contract: Contract
    calendar: Calendar
    recipe: Recipe
    history: pd.DataFrame
    on_progress: OnProgress | None = None
    most_rows: int | None = None
    _models: dict[date, Predictor] = field(default_factory=dict, repr=False)
    _selected: dict[tuple[date, ExplorationParams], tuple[str, ...]] = field(
        default_factory=dict, repr=False
    )

    def with_recipe(self, recipe: Recipe) -> RollingOrigin:
        """The same weeks for another recipe; features that were chosen alike are chosen once."""
        return replace(self, recipe=recipe, _models={})

    @property
    def task(self) -> Task:
        """What is predicted."""
        return task_of(self.contract)

    def judge(self, origin: date) -> BacktestWeek:
        """Fit on what was known at an origin, and hold it against the days that followed.

        Args:
            origin: One of `past_origins`.

        Raises:
            FeedError: If there is too little to learn from, or nothing to judge.
        """
        before = origin - timedelta(days=self.calendar.step_days)
        earlier = self._models.get(before) or self.model(before)
        model = self.model(origin)
        self._models = {origin: model}
        known, week = self.known(origin), self.week(origin)
        if week.empty:
            raise FeedError(
                f"no row of the week from {origin} on has an outcome; ask for fewer weeks"
            )
        predicted = {
            Contender.RECIPE: model.predict(week),
            Contender.LAST_WEEK: self.task.aligned(earlier.predict(week), earlier.task),
            Contender.LINEAR: self.linear(known, week, model),
            Contender.TRAILING: self._constant(known, origin, len(week)),
        }
        return BacktestWeek(
            as_of=origin,
            trained_on=model.record.rows,
            features=len(model.features),
            days=self._days(week, predicted),
        )

    def model(self, origin: date) -> Predictor:
        """The model that a run of an origin trains."""
        window = Window(as_of=origin, horizon_days=self.recipe.horizon_days)
        known = self.known(origin)
        start = window.history_end(self.contract) - timedelta(days=self.recipe.holdout_days)
        out = held_out(known, self.contract, start=start)
        train, holdout = (known[part].reset_index(drop=True) for part in (~out, out))
        if train.empty:
            raise FeedError(
                f"no row before {start} has an outcome to train on, as of {origin}; "
                "ask for fewer weeks"
            )
        twin = fit(
            train,
            self.contract,
            self._chosen(window),
            self.recipe.fit,
            as_of=origin,
            on_progress=self.on_progress,
        )
        if not self.recipe.refit:
            return twin
        return refit(twin, train, holdout, on_progress=self.on_progress)

    def _chosen(self, window: Window) -> tuple[str, ...]:
        """The features that a run of that day finds fit."""
        params = self.recipe.exploration
        known = self._selected.get((window.as_of, params))
        if known is not None:
            return known
        table = read_analysis_table(self.features, self.contract, window, params)
        selected = select_features(
            self.contract,
            profile_columns(table, params),
            measure_associations(table, params),
            correlate_features(table, params),
            params,
        ).selected
        self._selected[window.as_of, params] = selected
        return selected

    def known(self, origin: date) -> pd.DataFrame:
        """Rows whose outcome was due at an origin, or a sample of them."""
        end = Window(as_of=origin).history_end(self.contract)
        known = self.history[self._dates(self.history) < np.datetime64(end)]
        if self.most_rows is None or len(known) <= self.most_rows:
            return known
        return known[row_fractions(known, self.contract.key) < self.most_rows / len(known)]

    def week(self, origin: date) -> pd.DataFrame:
        """Rows of the days that follow an origin; no day belongs to two weeks."""
        days = min(self.calendar.step_days, self.recipe.horizon_days)
        dates = self._dates(self.history)
        end = np.datetime64(origin + timedelta(days=days))
        return self.history[(dates >= np.datetime64(origin)) & (dates < end)]

    def _dates(self, rows: pd.DataFrame) -> npt.NDArray[Any]:
        return clusters(rows, self.contract)

    def linear(self, known: pd.DataFrame, week: pd.DataFrame, model: Predictor) -> Floats:
        """What a linear model of the recipe's own inputs makes of a week."""
        outcome = self.task.outcomes(known[self.contract.target])
        linear = fit_linear(
            model_frame(known, model.inputs), outcome, model.inputs, loss=model.record.loss
        )
        scores = linear.scores(model_frame(week, model.inputs))
        return self.task.of_scores(scores, replace(model.settings, errors=None))

    def _constant(self, known: pd.DataFrame, origin: date, rows: int) -> Floats:
        """What the outcomes of the newest days alone predict; of all days, if these have none."""
        end = Window(as_of=origin).history_end(self.contract)
        newest = known[self._dates(known) >= np.datetime64(end - timedelta(days=TRAILING_DAYS))]
        past = known if newest.empty else newest
        baseline = self.task.baseline(self.task.outcomes(past[self.contract.target]))
        return self.task.baseline_predictions(baseline, rows)

    def _days(self, week: pd.DataFrame, predicted: dict[Contender, Floats]) -> tuple[DayScore, ...]:
        outcome = self.task.outcomes(week[self.contract.target])
        ours = predicted[Contender.RECIPE]
        losses = {str(name): self.task.losses(outcome, made) for name, made in predicted.items()}
        sums = pd.DataFrame(losses).assign(
            predicted=self.task.level(ours), realized=self.task.realized(outcome, ours), rows=1
        )
        by_day = sums.groupby(self._dates(week)).sum()
        return tuple(
            DayScore(
                day=pd.Timestamp(str(day)).date(),
                rows=int(row["rows"]),
                losses={name: float(row[name]) for name in predicted},
                predicted=float(row["predicted"]),
                realized=float(row["realized"]),
            )
            for day, row in by_day.iterrows()
        )


def known_history(features: ibis.Table, contract: Contract, window: Window) -> pd.DataFrame:
    """The rows whose outcome is known by now, in the order of the key.

    Args:
        features: Rows of the features contract.
        contract: Their contract.
        window: The place in time of the run that built them.

    Raises:
        FeedError: If there are none.
    """
    history = window.history(features, contract).order_by(*contract.key)
    frame: pd.DataFrame = history.to_pyarrow().to_pandas(date_as_object=False)
    if frame.empty:
        raise FeedError(f"no row has an outcome yet as of {window.as_of}; run a later week")
    return frame
