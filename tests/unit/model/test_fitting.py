from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from types import FrameType

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from trains import CONTRACT, DAYS, FIRST_DAY, PARAMS, predictor, train_end, trains
from weekwise.contract.column import Column
from weekwise.contract.model import Contract
from weekwise.errors import ContractError, FeedError
from weekwise.model.boosting import Progress
from weekwise.model.fitting import fit, refit
from weekwise.model.predictor import Predictor
from weekwise.model.training_record import FitParams, SmallTableParams
from weekwise.model.training_rows import TrainingRows
from weekwise.tasks.binary_metrics import score


def fitted(
    rows: pd.DataFrame, params: FitParams = PARAMS, contract: Contract = CONTRACT
) -> Predictor:
    """A predictor fitted on some trains."""
    return fit(rows, contract, contract.features, params, as_of=train_end())


def test_it_learns() -> None:
    """On rows it has not seen it beats the baseline."""
    unseen = trains(20, seed=7)
    known = predictor()

    found = score(unseen["late"], known.predict(unseen))

    baseline = score(unseen["late"], [known.record.baseline[0]] * len(unseen))
    assert found.loss < 0.9 * baseline.loss


def test_bit_for_bit() -> None:
    """The same rows in another order, on other threads, give the same predictor."""
    rows = trains()
    shuffled = rows.sample(frac=1, random_state=1)

    again = fitted(shuffled, PARAMS.model_copy(update={"threads": 2}))

    assert np.array_equal(again.predict(rows), predictor().predict(rows))


def test_the_record_tells_the_window() -> None:
    """The record holds the window, the rows and the rate of what was fitted on."""
    rows = trains()

    record = predictor().record

    assert record.train_start == FIRST_DAY
    assert record.train_end == train_end()
    assert record.rows + record.validation_rows == len(rows)
    assert record.baseline[0] == pytest.approx(rows["late"].mean())
    assert record.trees == predictor().model.tree_count_
    assert record.params == PARAMS


def test_the_newest_day_is_trained_on() -> None:
    """Early stopping watches every n-th day, and not the newest."""
    rows = trains()
    per_day = len(rows) // DAYS

    record = predictor().record

    assert record.validation_rows == per_day * DAYS // PARAMS.validation_every
    newest = rows["departure"].dt.date == train_end() - timedelta(days=1)
    flipped = rows.assign(late=rows["late"] ^ newest)
    changed = fitted(flipped)
    assert not np.array_equal(changed.predict(rows), predictor().predict(rows))


def test_without_early_stopping() -> None:
    """With no days set aside all trees are grown on all rows, and progress is reported still."""
    rows = trains(10)
    seen: list[Progress] = []
    params = PARAMS.model_copy(update={"validation_every": None})

    found = fit(
        rows, CONTRACT, CONTRACT.features, params, as_of=train_end(), on_progress=seen.append
    )

    assert found.record.trees == params.iterations
    assert (found.record.rows, found.record.validation_rows) == (len(rows), 0)
    assert found.record.validation_loss is None
    assert seen[-1].loss < seen[0].loss


def test_progress_is_reported_about_ten_times(capfd: pytest.CaptureFixture[str]) -> None:
    """Progress comes ten times or so, with a falling loss, and nothing is printed."""
    seen: list[Progress] = []
    params = PARAMS.model_copy(update={"early_stopping_rounds": PARAMS.iterations})

    fit(
        trains(),
        CONTRACT,
        CONTRACT.features,
        params,
        as_of=train_end(),
        on_progress=seen.append,
    )

    assert 8 <= len(seen) <= 12
    assert [one.trees for one in seen] == sorted(one.trees for one in seen)
    assert seen[-1].loss < seen[0].loss
    assert capfd.readouterr().out == ""


def test_ctrl_c_ends_the_fit() -> None:
    """Ctrl-C is raised as it is, and wherever it comes: CatBoost would make its own error of it."""

    def press_as_catboost_calls(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name == "after_iteration":
            sys.setprofile(None)
            signal.raise_signal(signal.SIGINT)

    rows = trains(10)
    sys.setprofile(press_as_catboost_calls)
    try:
        with pytest.raises(KeyboardInterrupt):
            fit(
                rows,
                CONTRACT,
                CONTRACT.features,
                PARAMS,
                as_of=train_end(10),
                on_progress=lambda _: None,
            )
    finally:
        sys.setprofile(None)


def test_what_progress_raises_ends_the_fit() -> None:
    """An error on the way is raised as it is."""

    def fail(_: Progress) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        fit(
            trains(10),
            CONTRACT,
            CONTRACT.features,
            PARAMS,
            as_of=train_end(10),
            on_progress=fail,
        )


def test_no_files_are_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CatBoost's own log folder is not written."""
    monkeypatch.chdir(tmp_path)

    fitted(trains(10))

    assert list(tmp_path.iterdir()) == []


def test_recent_rows_can_weigh_more() -> None:
    """With a half-life a change of the newest days counts for more."""
    rows = trains()
    # In the newest quarter of the days every train is late.
    changed = rows["departure"].dt.date >= train_end() - timedelta(days=DAYS // 4)
    drifting = rows.assign(late=rows["late"] | changed)

    even = fitted(drifting).predict(rows).mean()
    recent = fitted(drifting, PARAMS.model_copy(update={"recency_half_life_days": 5.0}))

    assert recent.predict(rows).mean() > even + 0.05


def test_features_keep_the_contracts_order() -> None:
    """The order in which features are selected does not change the model."""
    selected = ["rain", "line"]

    found = fit(trains(10), CONTRACT, selected, PARAMS, as_of=train_end())

    assert found.features == ("line", "rain")
    assert found.calendar == PARAMS.calendar


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (trains(4), "at least 5 days .* there are 4"),
        (trains(10).assign(late=False), "all have the same outcome"),
        (
            trains(10).assign(late=pd.array([None, *trains(10)["late"][1:]], dtype="boolean")),
            "1 of 300 training rows have no outcome",
        ),
    ],
)
def test_rows_that_cannot_be_fitted(rows: pd.DataFrame, message: str) -> None:
    """Too few days, a single outcome, or none at all is an error that says which."""
    with pytest.raises(FeedError, match=message):
        fitted(rows)


def test_a_target_without_classes() -> None:
    """A contract whose classes nobody lists is refused by the target's name, with the remedy."""
    late = Column.model_validate({"type": "category", "role": "target", "title": "Delay"})
    contract = CONTRACT.model_copy(update={"columns": {**CONTRACT.columns, "late": late}})

    with pytest.raises(
        ContractError, match="target late, of type category, lists no values; list its"
    ):
        fitted(trains(10), contract=contract)


@pytest.mark.parametrize(
    ("values", "message"),
    [({"validation_every": 14}, "always the same weekday"), ({"iterations": 0}, "greater than")],
)
def test_settings_that_make_no_sense(values: dict[str, int], message: str) -> None:
    """Settings out of range are refused before anything is fitted."""
    with pytest.raises(ValidationError, match=message):
        FitParams(**values)


def test_unknown_calendar_features_cannot_be_dropped() -> None:
    """A misspelled calendar feature is refused, not ignored."""
    with pytest.raises(ContractError, match="no calendar feature 'week_day'"):
        FitParams(drop_calendar=("week_day",))


def test_as_of_is_kept() -> None:
    """The record names the run that fitted the model."""
    assert predictor().record.as_of == train_end()
    assert isinstance(predictor().record.as_of, date)


def numbers(values: np.ndarray) -> tuple[pd.DataFrame, Contract]:
    """Trains whose target is a number, and their contract."""
    rows = trains(20)
    late = Column.model_validate({"type": "number", "role": "target", "title": "Late"})
    contract = CONTRACT.model_copy(update={"columns": {**CONTRACT.columns, "late": late}})
    return rows.assign(late=values[: len(rows)]), contract


@pytest.mark.parametrize(
    ("make", "loss"),
    [
        (lambda rng, mean: rng.poisson(mean).astype(float), "Poisson"),
        (lambda rng, mean: rng.gamma(0.7, 1e5 * mean), "Tweedie:variance_power=1.5"),
        (lambda rng, mean: rng.normal(mean, 0.5), "RMSE"),
    ],
    ids=["counts", "amounts", "sizes"],
)
def test_numbers_are_fitted_by_the_loss_they_ask_for(
    make: Callable[..., np.ndarray], loss: str, tmp_path: Path
) -> None:
    """Counts and amounts are fitted on the log scale: never negative, and right on average."""
    rng = np.random.default_rng(1)
    plain = trains(20)
    mean = np.exp(0.5 + 0.8 * (plain["line"] == "red") - 0.4 * (plain["line"] == "blue"))
    rows, contract = numbers(make(rng, mean.to_numpy()))

    predictor = fitted(rows, contract=contract)
    predictor.save(tmp_path)
    made = Predictor.load(tmp_path).predict(rows)
    scores = predictor.contributions(rows).sum(axis=1).to_numpy()
    prediction, low, high = made.T

    assert predictor.record.loss == loss
    assert np.array_equal(made, predictor.predict(rows))
    assert prediction.mean() == pytest.approx(rows["late"].mean(), rel=0.1)
    assert ((low <= rows["late"]) & (rows["late"] <= high)).mean() == pytest.approx(0.9, abs=0.07)
    if loss == "RMSE":
        np.testing.assert_allclose(scores, prediction)
    else:
        assert low.min() >= 0
        np.testing.assert_allclose(np.exp(scores), prediction, rtol=1e-6)
        assert predictor.task.scale(predictor.settings) == "the log of the target"


def test_the_loss_may_be_asked_for() -> None:
    """A setting chooses the loss, and one that the outcomes forbid is refused with the remedy."""
    counts = np.random.default_rng(0).poisson(2.0, 5000).astype(float)
    rows, contract = numbers(counts)
    below, _ = numbers(counts - 1)

    asked = PARAMS.model_copy(update={"loss": "squared"})
    assert fitted(rows, contract=contract, params=asked).record.loss == "RMSE"
    with pytest.raises(FeedError, match="loss poisson is for outcomes that are never negative"):
        fitted(below, contract=contract, params=PARAMS.model_copy(update={"loss": "poisson"}))


SMALL = FitParams(
    depth=3,
    threads=1,
    small=SmallTableParams(iterations=60, learning_rate=0.2, early_stopping_rounds=10),
)


class TestSmallTable:
    """Few rows: the number of trees is of a cross-validation, and all rows are trained on."""

    def test_no_row_is_set_aside(self) -> None:
        """The record has the settings that were fitted with, and over how many parts."""
        rows = trains()
        record = fitted(rows, SMALL).record

        assert (record.rows, record.validation_rows, record.folds) == (len(rows), 0, 3)
        assert 1 <= record.trees < 60
        assert (record.params.iterations, record.params.learning_rate) == (60, 0.2)
        assert record.params.leaf_estimation_iterations is None
        assert record.validation_loss == pytest.approx(0.5, abs=0.15)

    @pytest.mark.parametrize(("rows", "most"), [(50_000, 1000), (50_001, 400)])
    def test_trees_are_cheap_where_rows_are_not_many(self, rows: int, most: int) -> None:
        """Their most is higher there, unless it is given by hand."""
        assert FitParams().of_rows(rows).iterations == most
        assert FitParams(iterations=7).of_rows(rows).iterations == 7

    def test_each_tree_sees_all_of_them(self) -> None:
        """Rows and inputs are not drawn where they are not many, unless that is set by hand."""
        made = FitParams(rsm=0.3).of_rows(20_000)

        assert (made.subsample, made.rsm) == (None, 0.3)
        assert FitParams().of_rows(50_001).subsample == FitParams().subsample

    def test_bit_for_bit(self) -> None:
        """The same rows in another order give the same predictor."""
        rows = trains()
        again = fitted(rows.sample(frac=1, random_state=1), SMALL)

        assert np.array_equal(again.predict(rows), fitted(rows, SMALL).predict(rows))

    def test_parts_are_whole_days(self) -> None:
        """Rows of one day are alike, and would tell each other's outcome."""
        rows = TrainingRows.of(trains(), CONTRACT, SMALL.of_few_rows(SmallTableParams()))
        assert rows.days is not None
        parts = rows.parts(3, CONTRACT.key)

        assert np.array_equal(sum(part.astype(int) for part in parts), np.ones(len(rows.frame)))
        for part in parts:
            assert not set(rows.days[part]) & set(rows.days[~part])
            assert part.mean() == pytest.approx(1 / 3, abs=0.02)

    @pytest.mark.parametrize(
        "changes",
        [
            {"small": None},
            {"small": SmallTableParams(max_rows=1000)},
            {"iterations": 30},
            {"learning_rate": 0.3},
        ],
    )
    def test_what_is_fitted_as_any_other(self, changes: dict[str, object]) -> None:
        """A table with more rows, and one whose fit is set by hand, stops early."""
        params = FitParams.model_validate({"depth": 2, "threads": 1, **changes})
        record = fitted(trains(), params).record

        assert record.folds is None
        assert record.validation_rows > 0

    @pytest.mark.parametrize("loss", ["poisson", "tweedie"])
    def test_counts_and_amounts(self, loss: str) -> None:
        """CatBoost's own settings go with each loss; the mean comes out right."""
        counts = np.random.default_rng(0).poisson(3.0, 600).astype(float)
        rows, contract = numbers(counts)
        predictor = fitted(rows, SMALL.model_copy(update={"loss": loss}), contract)

        assert predictor.record.folds == 3
        assert predictor.predict(rows)[:, 0].mean() == pytest.approx(counts.mean(), rel=0.05)

    def test_rows_that_cannot_be_cut(self) -> None:
        """Where all late trains ran on days of one part, early stopping does without the parts."""
        rows = trains()
        rows["late"] = (rows["departure"].dt.date - FIRST_DAY).map(lambda gap: gap.days in (1, 34))
        record = fitted(rows, SMALL).record

        assert (record.folds, record.validation_rows > 0) == (None, True)

    def test_intervals_are_of_rows_left_out(self) -> None:
        """A refit keeps them, and they cover as many rows as they say."""
        rng = np.random.default_rng(0)
        rows, contract = numbers(rng.normal(50, 10, 1200))
        unseen = trains(20, seed=8)
        judged = fitted(rows[:-200], SMALL, contract)
        served = refit(judged, rows[:-200], rows[-200:])

        assert served.record.errors == judged.record.errors
        assert served.record.trees == judged.record.trees
        outcome = rng.normal(50, 10, len(unseen))
        _, low, high = served.predict(unseen).T
        assert ((low <= outcome) & (outcome <= high)).mean() == pytest.approx(0.9, abs=0.06)


class TestRefit:
    def test_all_rows_are_learned_from(self) -> None:
        """The served model knows the holdout; its twin is the one that was judged, untouched."""
        rows = trains()
        start = pd.Timestamp(train_end()) - timedelta(days=7)
        before, holdout = rows[rows["departure"] < start], rows[rows["departure"] >= start]
        judged = fitted(before)

        served = refit(judged, before, holdout)

        assert served.twin is judged
        assert served.judged is judged
        assert served.record.judged == judged.record
        assert served.record.rows == len(rows)
        assert served.record.validation_rows == 0
        assert (served.record.train_start, served.record.train_end) == (FIRST_DAY, train_end())
        assert served.record.trees == judged.record.trees
        assert served.inputs == judged.inputs
        flipped = holdout.assign(late=~holdout["late"])
        other = refit(judged, before, flipped)
        assert not np.array_equal(other.predict(rows), served.predict(rows))

    def test_bit_for_bit(self) -> None:
        """Rows in another order give the same model."""
        rows = trains()
        before, holdout = rows[:-200], rows[-200:]
        judged = fitted(before)
        shuffled = before.sample(frac=1, random_state=1), holdout.sample(frac=1, random_state=2)

        assert np.array_equal(
            refit(judged, *shuffled).predict(rows), refit(judged, before, holdout).predict(rows)
        )

    @pytest.mark.parametrize("validation_every", [5, None], ids=["stopped early", "all trees"])
    def test_intervals_are_as_wide_as_errors_on_rows_not_seen(
        self, validation_every: int | None
    ) -> None:
        """The interval comes from the twin's errors: the refit's own rows would flatter it."""
        rng = np.random.default_rng(0)
        rows, contract = numbers(rng.normal(50, 10, 3000))
        later = trains(20, seed=8)
        unseen = later.assign(late=rng.normal(50, 10, len(later)))
        params = PARAMS.model_copy(update={"validation_every": validation_every})
        judged = fitted(rows[:-200], params, contract)

        served = refit(judged, rows[:-200], rows[-200:])

        _, low, high = served.predict(unseen).T
        covered = ((low <= unseen["late"]) & (unseen["late"] <= high)).mean()
        assert covered == pytest.approx(0.9, abs=0.05)

    def test_it_was_judged_itself(self) -> None:
        """A predictor without a twin stands for itself."""
        assert predictor().twin is None
        assert predictor().judged is predictor()
