from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pytest

import aggregated_trains
import parcels
from challengers import (
    AS_OF,
    EVERYTHING,
    HOLDOUT_DAYS,
    HOLDOUT_ROWS,
    NO_CHALLENGER,
    NOBODY,
    REIGNING,
    TRAINING,
    TRAINING_ROWS,
    WINDOW,
    split,
    summary,
)
from trains import CONTRACT, PARAMS, trains
from weekwise.analysis.selection import Dropped, Selection
from weekwise.errors import FeedError
from weekwise.features.past_sample import PastSample
from weekwise.features.window import Window
from weekwise.model.contenders import Challenger, CurrentChampion
from weekwise.model.retraining import Retraining, RetrainingParams, When
from weekwise.pipelines.model_training.nodes import learning
from weekwise.pipelines.model_training.params import TrainingParams


class TestPlanRetraining:
    @pytest.mark.parametrize(
        ("when", "current", "retrain"),
        [
            (When.ALWAYS, REIGNING, True),
            (When.IF_NEEDED, REIGNING, True),
            (When.NEVER, REIGNING, False),
            (When.IF_NEEDED, NOBODY, True),
            (When.NEVER, NOBODY, True),
        ],
    )
    def test_policies(self, when: When, current: CurrentChampion, retrain: bool) -> None:
        """The policy decides, save that without a champion a model is always trained."""
        plan = learning.plan_retraining(
            self.log(drifted=[True, True]),
            current,
            CONTRACT,
            WINDOW,
            RetrainingParams(retrain=when),
        )

        assert plan.retrain is retrain

    @pytest.mark.parametrize(
        ("drifted", "retrain"), [([True, True], True), ([True, False], False), ([], False)]
    )
    def test_if_needed(self, drifted: list[bool], retrain: bool) -> None:
        """If needed means bad weeks in the log, and an empty log has none."""
        params = RetrainingParams(retrain=When.IF_NEEDED)

        assert (
            learning.plan_retraining(self.log(drifted), REIGNING, CONTRACT, WINDOW, params).retrain
            is retrain
        )

    def test_later_weeks_are_not_seen(self) -> None:
        """A week run again decides as it did when it was the newest."""
        early = Window(as_of=AS_OF - timedelta(days=7))
        params = RetrainingParams(retrain=When.IF_NEEDED)

        plan = learning.plan_retraining(self.log([True, True]), REIGNING, CONTRACT, early, params)

        assert not plan.retrain

    @staticmethod
    def log(drifted: list[bool]) -> ibis.Table:
        """The monitoring log of the weeks up to the one before, as the store keeps it."""
        weeks = [AS_OF - timedelta(days=7 * n) for n in range(len(drifted), 0, -1)]
        columns = {
            "as_of": pa.array(weeks, pa.date32()),
            "drifted": pa.array(drifted, pa.bool_()),
            "worse": pa.array([False] * len(drifted), pa.bool_()),
        }
        return ibis.memtable(pa.table(columns))


class TestSplitHistory:
    def test_the_newest_days_are_held_out(self) -> None:
        """The holdout is the days from `as_of - holdout_days` on; all else is trained on."""
        start = pd.Timestamp(AS_OF - timedelta(days=HOLDOUT_DAYS))

        assert (TRAINING_ROWS["departure"] < start).all()
        assert (HOLDOUT_ROWS["departure"] >= start).all()
        assert len(TRAINING_ROWS) + len(HOLDOUT_ROWS) == len(trains())
        assert HOLDOUT_ROWS["departure"].dt.date.nunique() == HOLDOUT_DAYS

    def test_the_holdout_begins_at_midnight(self) -> None:
        """A train that leaves as the first day held out begins is in the holdout."""
        frame, midnight = trains(), pd.Timestamp(AS_OF - timedelta(days=HOLDOUT_DAYS))
        frame.loc[frame["train"] == 7, "departure"] = midnight
        frame.loc[frame["train"] == 8, "departure"] = midnight - pd.Timedelta(minutes=1)

        training, holdout = split(frame)

        assert holdout["train"].iloc[0] == 7
        assert training["train"].iloc[-1] == 8

    def test_the_feeds_order_plays_no_part(self) -> None:
        """Both parts are in the order of the key and numbered anew, whatever came first."""
        found = split(trains().sample(frac=1, random_state=1))

        for part, expected in zip(found, (TRAINING_ROWS, HOLDOUT_ROWS), strict=True):
            pd.testing.assert_frame_equal(part, expected)
            assert part["departure"].is_monotonic_increasing
            assert list(part.index) == list(range(len(part)))

    def test_only_history_is_split(self) -> None:
        """Rows without an outcome and rows of the run's own days are in neither part."""
        frame = trains(42)
        frame["late"] = frame["late"].astype("boolean")
        frame.loc[frame["train"] == 5, "late"] = None

        training, holdout = split(frame)

        assert 5 not in set(training["train"])
        assert holdout["departure"].max() < pd.Timestamp(AS_OF)

    @pytest.mark.parametrize(
        ("days", "holdout_days", "before", "after"),
        [(40, 40, 0, 1200), (20, 8, 600, 0), (0, 8, 0, 0)],
        ids=["nothing to train on", "nothing to hold out", "no history"],
    )
    def test_both_parts_need_rows(
        self, days: int, holdout_days: int, before: int, after: int
    ) -> None:
        """Without rows on either side a run ends with both counts and what to do."""
        message = f"^{before} rows before .* and {after} from then on: .*training.holdout_days"
        with pytest.raises(FeedError, match=message):
            split(trains(40).head(days * 30), holdout_days=holdout_days)

    def test_the_time_column_may_be_a_date(self) -> None:
        """A contract whose time column is a date is split at the same days."""
        table = ibis.memtable(parcels.frame(10)).mutate(day=ibis._.day.cast("date"))

        training, holdout, _ = learning.split_history(
            table,
            parcels.contract(),
            Selection(selected=tuple(parcels.contract().features), dropped=()),
            Window(as_of=date(2020, 1, 9)),
            TrainingParams(holdout_days=2),
        )

        assert list(training["number"]) == [1, 2, 3, 4, 5, 6]
        assert list(holdout["number"]) == [7, 8]

    def test_a_long_history_is_sampled(self) -> None:
        """The newest days whole, a share of the older ones, the holdout whole and on top."""
        table = ibis.memtable(trains())
        training = TRAINING.model_copy(update={"max_training_rows": 600})

        train, holdout, sample = learning.split_history(
            table, CONTRACT, EVERYTHING, WINDOW, training
        )

        pd.testing.assert_frame_equal(holdout, HOLDOUT_ROWS)
        assert not sample.is_whole
        assert (sample.rows, sample.used) == (len(TRAINING_ROWS), len(train))
        assert sample.whole_from is not None
        newest = TRAINING_ROWS["departure"] >= pd.Timestamp(sample.whole_from)
        assert 200 < newest.sum() <= 300
        assert set(TRAINING_ROWS["train"][newest]) <= set(train["train"])
        assert set(train["train"]) < set(TRAINING_ROWS["train"])

    def test_training_rows_have_what_is_learned_from(self) -> None:
        """Key, time, target and the selected features; a champion may ask more of the holdout."""
        few = Selection(selected=("rain",), dropped=())

        train, holdout, _ = learning.split_history(
            ibis.memtable(trains()), CONTRACT, few, WINDOW, TRAINING
        )

        assert set(train.columns) == {"departure", "train", "rain", "late"}
        assert list(holdout.columns) == list(HOLDOUT_ROWS.columns)


WHOLE = PastSample(rows=len(TRAINING_ROWS), used=len(TRAINING_ROWS))


def refitted_by_node(
    judged: Challenger,
    training: TrainingParams = TRAINING,
    sample: PastSample = WHOLE,
) -> Challenger:
    """A challenger fitted again, as a run does it."""
    return learning.refit_challenger(judged, TRAINING_ROWS, HOLDOUT_ROWS, sample, training)


def fitted(**changes: Any) -> Challenger:
    """A challenger fitted on trains, with some inputs of the node changed."""
    inputs: dict[str, Any] = {
        "training_rows": TRAINING_ROWS,
        "features_contract": CONTRACT,
        "selected_features": Selection(selected=("line", "rain", "stops"), dropped=()),
        "wrangling_summary": summary("d1"),
        "retraining_plan": Retraining(retrain=True, reason="There is no champion yet."),
        "window": WINDOW,
        "training": TRAINING,
    }
    return learning.fit_challenger(**{**inputs, **changes})


def with_fit(**changes: Any) -> TrainingParams:
    """Training parameters with another way of fitting."""
    return TRAINING.model_copy(update={"fit": PARAMS.model_copy(update=changes)})


class TestFitChallenger:
    def test_a_model_of_the_selected_features(self) -> None:
        """The challenger takes what exploration selected, and says when and why it was fitted."""
        challenger = fitted()

        assert challenger.predictor is not None
        assert set(challenger.predictor.features) == {"line", "rain", "stops"}
        assert challenger.predictor.record.as_of == AS_OF
        assert challenger.reason == "There is no champion yet."
        assert challenger.tags == {"data_hash": "d1"}
        assert challenger.version is None

    def test_no_model_if_none_is_planned(self) -> None:
        """A run that does not train brings no model, and the plan's reason."""
        plan = Retraining(retrain=False, reason="Nothing has changed.")

        assert fitted(retraining_plan=plan) == Challenger(None, "Nothing has changed.")

    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {
                "selected_features": Selection(
                    selected=("line", "rain", "stops"),
                    dropped=(Dropped(feature="cars", reason="constant"),),
                )
            },
            {"retraining_plan": Retraining(retrain=True, reason="Every run trains.")},
            {"training": TRAINING.model_copy(update={"slices": (), "explained_rows": 3})},
            {"training": with_fit(threads=2)},
        ],
        ids=["nothing", "what was dropped", "the reason", "what is looked at", "threads"],
    )
    def test_equal_trainings_have_one_fingerprint(self, changes: dict[str, Any]) -> None:
        """What cannot change the model does not make a version of its own."""
        assert fitted(**changes).fingerprint == fitted().fingerprint

    @pytest.mark.parametrize(
        "changes",
        [
            {"wrangling_summary": summary("d2")},
            {"features_contract": CONTRACT.model_copy(update={"title": "Other trains"})},
            {"selected_features": Selection(selected=("line", "rain"), dropped=())},
            {"window": Window(as_of=AS_OF + timedelta(days=1))},
            {"training": TRAINING.model_copy(update={"holdout_days": 9})},
            {"training": with_fit(learning_rate=0.2)},
            {"training": with_fit(seed=1)},
        ],
        ids=["data", "contract", "selection", "as_of", "holdout", "fit", "seed"],
    )
    def test_other_trainings_have_other_fingerprints(self, changes: dict[str, Any]) -> None:
        """Other data, contract, features, date or parameters are another version."""
        assert fitted(**changes).fingerprint != fitted().fingerprint

    def test_the_example_is_complete(self) -> None:
        """The registered model's example is the newest raw rows that lack nothing."""
        challenger = fitted()
        example = challenger.example

        assert challenger.predictor is not None
        complete = TRAINING_ROWS[challenger.predictor.inputs.raw].dropna()
        assert example is not None
        pd.testing.assert_frame_equal(example, complete.tail(3).reset_index(drop=True))

    def test_the_example_without_complete_rows(self) -> None:
        """Where every row lacks something the example is the newest rows all the same."""
        rows = TRAINING_ROWS.assign(cars=pd.array([None] * len(TRAINING_ROWS), dtype="Int64"))

        example = fitted(training_rows=rows).example

        assert example is not None
        assert list(example["departure"]) == list(rows["departure"].tail(3))

    def test_progress_is_told(self, caplog: pytest.LogCaptureFixture) -> None:
        """The log says how far the fitting has come, and what came out."""
        with caplog.at_level(logging.INFO, logger=learning.__name__):
            fitted()

        lines = [record.getMessage() for record in caplog.records]
        assert any("of at most 30 trees, log loss 0." in line for line in lines)
        assert lines[-1].startswith("Fitted ")


class TestRefitChallenger:
    def test_fitted_again_on_all_of_history(self, caplog: pytest.LogCaptureFixture) -> None:
        """The challenger to register has seen the holdout, and its twin has not."""
        judged = fitted()

        with caplog.at_level(logging.INFO, logger=learning.__name__):
            served = refitted_by_node(judged)

        assert served.predictor is not None
        assert served.predictor.twin is judged.predictor
        assert served.predictor.record.rows == len(TRAINING_ROWS) + len(HOLDOUT_ROWS)
        assert served == replace(judged, predictor=served.predictor)
        assert "again, on all" in caplog.messages[-1]

    def test_what_is_judged_may_be_what_is_served(self) -> None:
        """With refit: false, or without a model, nothing changes."""
        judged, without = fitted(), TRAINING.model_copy(update={"refit": False})

        assert refitted_by_node(judged, training=without) is judged
        again = refitted_by_node(NO_CHALLENGER)
        assert again is NO_CHALLENGER

    @pytest.mark.parametrize("refit", [True, False])
    def test_a_sample_is_in_the_record(self, refit: bool) -> None:
        """Of what is judged and of what is served: which part of a long history it has seen."""
        sample = PastSample(rows=10_000, used=len(TRAINING_ROWS), share=0.1)
        training = TRAINING.model_copy(update={"refit": refit})

        served = refitted_by_node(fitted(), sample=sample, training=training).predictor

        assert served is not None
        assert served.record.sample == served.judged.record.sample == sample

    def test_refit_or_not_are_two_versions(self) -> None:
        """A model that was fitted again is another than its twin."""
        without = TRAINING.model_copy(update={"refit": False})

        assert fitted(training=without).fingerprint != fitted().fingerprint


class TestAttachAggregates:
    @staticmethod
    def attach(challenger: Challenger) -> Challenger:
        """A challenger after the node, on trains with aggregates."""
        return learning.attach_aggregates(
            challenger,
            ibis.memtable(pa.Table.from_pandas(aggregated_trains.features(), preserve_index=False)),
            aggregated_trains.CONTRACT,
            aggregated_trains.WINDOW,
        )

    def test_the_model_takes_what_its_run_knew(self) -> None:
        """Rows that bring no aggregate are predicted from the run's own."""
        predictor = aggregated_trains.predictor()
        bare = replace(predictor, aggregates=None)
        assert bare.lookup is None

        attached = self.attach(Challenger(bare, "the first run")).predictor

        assert attached is not None
        assert attached.aggregates == predictor.aggregates
        assert set(attached.aggregates.tables) == set(aggregated_trains.AGGREGATES)

    def test_without_a_challenger_there_is_nothing_to_attach(self) -> None:
        """A run that keeps the champion makes no table."""
        assert self.attach(NO_CHALLENGER) is NO_CHALLENGER
