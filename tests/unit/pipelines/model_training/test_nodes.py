from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import parcels
from trains import CONTRACT, PARAMS, predictor, train_end, trains
from weekwise.analysis.selection import Dropped, Selection
from weekwise.errors import ContractError, FeedError
from weekwise.features.time_features import CALENDAR_FEATURES
from weekwise.features.window import Window
from weekwise.model.contenders import Challenger, Champion, CurrentChampion
from weekwise.model.evaluation import Evaluation, HoldoutScores, NoContest
from weekwise.model.fitting import refit
from weekwise.model.promotion import PromotionParams
from weekwise.model.retraining import Retraining, RetrainingParams, When
from weekwise.model.verdict import Decision, Verdict
from weekwise.pipelines.model_training import nodes
from weekwise.pipelines.model_training.params import TrainingParams
from weekwise.reports.charts import ChartFigure
from weekwise.reports.wrangling_summary import WranglingSummary

AS_OF = train_end()
WINDOW = Window(as_of=AS_OF)
HOLDOUT_DAYS = 8
TRAINING = TrainingParams(
    holdout_days=HOLDOUT_DAYS, fit=PARAMS, slices=("line",), slice_min_rows=20, explained_rows=40
)
PROMOTION = PromotionParams(min_rows=100, min_days=3, slice_limits={"line": 0.5}, slice_min_rows=20)
NOBODY = CurrentChampion(champion=None)
REIGNING = CurrentChampion(champion=Champion("1", predictor(30)))
CHALLENGER = Challenger(predictor=predictor(31), reason="New data.", version="2")
NO_CHALLENGER = Challenger(predictor=None, reason="No run trains (retrain: never).")


def summary(data_hash: str) -> WranglingSummary:
    """What wrangling says of itself, of which training reads the hash."""
    return WranglingSummary.model_construct(data_hash=data_hash)


def split(frame: pd.DataFrame, **changes: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Trains in two: to fit on, and held out."""
    training = TRAINING.model_copy(update=changes)
    return nodes.split_history(ibis.memtable(frame), CONTRACT, WINDOW, training)


TRAINING_ROWS, HOLDOUT_ROWS = split(trains())


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
        plan = nodes.plan_retraining(
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
            nodes.plan_retraining(self.log(drifted), REIGNING, CONTRACT, WINDOW, params).retrain
            is retrain
        )

    def test_later_weeks_are_not_seen(self) -> None:
        """A week run again decides as it did when it was the newest."""
        early = Window(as_of=AS_OF - timedelta(days=7))
        params = RetrainingParams(retrain=When.IF_NEEDED)

        plan = nodes.plan_retraining(self.log([True, True]), REIGNING, CONTRACT, early, params)

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

        training, holdout = nodes.split_history(
            table,
            parcels.contract(),
            Window(as_of=date(2020, 1, 9)),
            TrainingParams(holdout_days=2),
        )

        assert list(training["number"]) == [1, 2, 3, 4, 5, 6]
        assert list(holdout["number"]) == [7, 8]


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
    return nodes.fit_challenger(**{**inputs, **changes})


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
        with caplog.at_level(logging.INFO, logger=nodes.__name__):
            fitted()

        lines = [record.getMessage() for record in caplog.records]
        assert any("of at most 30 trees, log loss 0." in line for line in lines)
        assert lines[-1].startswith("Fitted ")


class TestRefitChallenger:
    def test_fitted_again_on_all_of_history(self, caplog: pytest.LogCaptureFixture) -> None:
        """The challenger to register has seen the holdout, and its twin has not."""
        judged = fitted()

        with caplog.at_level(logging.INFO, logger=nodes.__name__):
            served = nodes.refit_challenger(judged, TRAINING_ROWS, HOLDOUT_ROWS, TRAINING)

        assert served.predictor is not None
        assert served.predictor.twin is judged.predictor
        assert served.predictor.record.rows == len(TRAINING_ROWS) + len(HOLDOUT_ROWS)
        assert served == replace(judged, predictor=served.predictor)
        assert "again, on all" in caplog.messages[-1]

    def test_what_is_judged_may_be_what_is_served(self) -> None:
        """With refit: false, or without a model, nothing changes."""
        judged, without = fitted(), TRAINING.model_copy(update={"refit": False})

        assert nodes.refit_challenger(judged, TRAINING_ROWS, HOLDOUT_ROWS, without) is judged
        again = nodes.refit_challenger(NO_CHALLENGER, TRAINING_ROWS, HOLDOUT_ROWS, TRAINING)
        assert again is NO_CHALLENGER

    def test_refit_or_not_are_two_versions(self) -> None:
        """A model that was fitted again is another than its twin."""
        without = TRAINING.model_copy(update={"refit": False})

        assert fitted(training=without).fingerprint != fitted().fingerprint


def refitted(challenger: Challenger) -> Challenger:
    """A challenger whose predictor was fitted again on all trains."""
    assert challenger.predictor is not None
    served = refit(challenger.predictor, TRAINING_ROWS, HOLDOUT_ROWS)
    return replace(challenger, predictor=served)


def holdout_scores(
    challenger: Challenger, current: CurrentChampion, **changes: Any
) -> HoldoutScores:
    """What two models make of the trains held out."""
    training = TRAINING.model_copy(update=changes)
    return nodes.score_holdout(challenger, current, HOLDOUT_ROWS, CONTRACT, training, PROMOTION)


class TestScoreHoldout:
    def test_twins_are_judged(self) -> None:
        """A model that was fitted on the holdout too is judged by its twin, which was not."""
        again = refitted(CHALLENGER)
        assert again.predictor is not None
        champion = CurrentChampion(Champion("1", again.predictor))

        scores, twins = holdout_scores(again, champion), holdout_scores(CHALLENGER, REIGNING)

        assert np.array_equal(scores.challenger, twins.challenger)
        assert np.array_equal(scores.champion, twins.challenger)
        assert scores.not_seen.all()

    def test_both_models_score_the_same_rows(self) -> None:
        """Probabilities, outcomes and dates are in the order of the holdout's rows."""
        scores = holdout_scores(CHALLENGER, REIGNING)

        assert scores.challenger is not None
        assert scores.champion is not None
        np.testing.assert_array_equal(scores.challenger, predictor(31).predict(HOLDOUT_ROWS))
        np.testing.assert_array_equal(scores.champion, predictor(30).predict(HOLDOUT_ROWS))
        np.testing.assert_array_equal(scores.outcome, HOLDOUT_ROWS["late"].astype(float))
        assert scores.clusters.dtype == "datetime64[D]"
        assert scores.by_day
        assert list(scores.clusters) == list(
            HOLDOUT_ROWS["departure"].to_numpy().astype("datetime64[D]")
        )

    @pytest.mark.parametrize("changed", ["rain", "late"])
    def test_a_champion_of_another_contract_is_not_judged(self, changed: str) -> None:
        """A champion that lacks a column, or predicts something else, does not compete."""
        column = CONTRACT.columns[changed]
        columns = {name: c for name, c in CONTRACT.columns.items() if name != changed}
        contract = CONTRACT.model_copy(update={"columns": {**columns, f"{changed}2": column}})
        rows = HOLDOUT_ROWS.rename(columns={changed: f"{changed}2"})

        scores = nodes.score_holdout(NO_CHALLENGER, REIGNING, rows, contract, TRAINING, PROMOTION)

        assert scores.champion is None
        assert scores.no_contest is not None
        assert changed in scores.no_contest.reason
        assert not scores.no_contest.predicts

    def test_an_unknown_slice_is_named(self) -> None:
        """A feature to slice by that the contract lacks is refused, with those it has."""
        with pytest.raises(ContractError, match="name colour, which contract trains does not have"):
            holdout_scores(CHALLENGER, REIGNING, slices=("colour",))

    @pytest.mark.parametrize(
        ("challenger", "current"),
        [(CHALLENGER, NOBODY), (NO_CHALLENGER, REIGNING), (NO_CHALLENGER, NOBODY)],
    )
    def test_a_model_that_is_not_there_has_no_scores(
        self, challenger: Challenger, current: CurrentChampion
    ) -> None:
        """Before the first champion, or in a run without training, one side is empty."""
        scores = holdout_scores(challenger, current)

        assert (scores.challenger is None) is (challenger.predictor is None)
        assert (scores.champion is None) is (current.champion is None)

    @pytest.mark.parametrize(
        ("slices", "expected"),
        [((), ["line"]), (("line",), ["line"]), (("express", "line"), ["express", "line"])],
    )
    def test_slices_of_training_and_promotion(
        self, slices: tuple[str, ...], expected: list[str]
    ) -> None:
        """What either the evaluation or the gate slices by is there once."""
        assert list(holdout_scores(CHALLENGER, REIGNING, slices=slices).slices) == expected


def judged(
    challenger: Challenger,
    current: CurrentChampion,
    *,
    new: float | None = None,
    old: float | None = None,
) -> Verdict:
    """The verdict on two models, on what they make of the holdout or how sure of it they are.

    Args:
        challenger: The run's model.
        current: The champion before.
        new: The probability that the challenger gives to what happened, for every row.
        old: The same for the champion.
    """
    truth = HOLDOUT_ROWS["late"].to_numpy(np.float64)
    known = {
        name: np.where(truth == 1, share, 1 - share)
        for name, share in (("challenger", new), ("champion", old))
        if share is not None
    }
    scores = replace(holdout_scores(challenger, current), **known)
    return nodes.judge_challenger(challenger, current, scores, WINDOW, PROMOTION)


class TestJudgeChallenger:
    @pytest.mark.parametrize(
        ("current", "new", "old", "decision"),
        [
            (NOBODY, 0.8, None, Decision.FIRST),
            (NOBODY, 0.4, None, Decision.REJECTED),
            (REIGNING, 0.9, 0.7, Decision.PROMOTED),
            (REIGNING, 0.8, 0.8, Decision.PROMOTED),
            (REIGNING, 0.7, 0.9, Decision.KEPT),
        ],
    )
    def test_the_better_model_wins(
        self, current: CurrentChampion, new: float, old: float | None, decision: Decision
    ) -> None:
        """A challenger takes the champion's place if it is no worse, and is refused otherwise."""
        verdict = judged(CHALLENGER, current, new=new, old=old)

        assert verdict.decision is decision
        assert verdict.as_of == AS_OF
        assert verdict.challenger_version == "2"
        assert verdict.champion_version == ("1" if current.champion else None)

    @pytest.mark.parametrize(
        "challenger", [NO_CHALLENGER, replace(CHALLENGER, version=None, reason="Not registered.")]
    )
    def test_without_a_version_nothing_moves(self, challenger: Challenger) -> None:
        """A run that trained or registered no model leaves the champion, and says why."""
        verdict = judged(challenger, REIGNING)

        assert verdict.decision is Decision.NOT_RETRAINED
        assert verdict.reasons == (challenger.reason,)
        assert verdict.headline == "No model was trained; the champion stays: version 1."

    def test_no_version_is_judged_against_itself(self) -> None:
        """A challenger that a person has made champion already stays, and no contest is held."""
        champion = CurrentChampion(champion=Champion("2", predictor(31)))

        verdict = judged(CHALLENGER, champion)

        assert verdict.decision is Decision.KEPT
        assert verdict.challenger_version is None
        assert verdict.reasons == (
            "Version 2 is the champion already; it is not judged against itself.",
        )

    @pytest.mark.parametrize(
        ("predicts", "new", "decision"),
        [
            (False, 0.8, Decision.PROMOTED),
            (False, 0.4, Decision.REJECTED),
            (True, 0.8, Decision.PROMOTED),
            (True, 0.4, Decision.KEPT),
        ],
    )
    def test_a_champion_that_cannot_be_judged(
        self, predicts: bool, new: float, decision: Decision
    ) -> None:
        """The floor alone decides, and a champion that can predict outlives a bad challenger."""
        truth = HOLDOUT_ROWS["late"].to_numpy(np.float64)
        scores = replace(
            holdout_scores(CHALLENGER, REIGNING),
            challenger=np.where(truth == 1, new, 1 - new),
            champion=None,
            no_contest=NoContest(reason="it takes snow, which is gone", predicts=predicts),
        )

        verdict = nodes.judge_challenger(CHALLENGER, REIGNING, scores, WINDOW, PROMOTION)

        assert verdict.decision is decision
        assert verdict.champion_version == "1"
        assert verdict.reasons[0] == (
            "Version 1 cannot be judged on these rows: it takes snow, which is gone. "
            "The floor alone decides."
        )

    def test_rows_that_a_model_has_seen_do_not_count(self) -> None:
        """Days that either model was fitted on are left out of the contest."""
        seen = replace(CHALLENGER, predictor=predictor(35))

        verdict = judged(seen, REIGNING, new=0.9, old=0.7)

        assert verdict.comparison is not None
        assert verdict.comparison.days == 5


def evaluated(
    challenger: Challenger = CHALLENGER, current: CurrentChampion = REIGNING
) -> Evaluation:
    """The evaluation of two models on the trains held out."""
    scores = holdout_scores(challenger, current)
    return nodes.evaluate_models(scores, TRAINING_ROWS, CONTRACT, WINDOW, TRAINING)


class TestEvaluateModels:
    def test_what_was_evaluated_on(self) -> None:
        """The evaluation says which days and how many rows the figures are of."""
        evaluation = evaluated()

        assert evaluation.as_of == evaluation.holdout_end == AS_OF
        assert evaluation.holdout_start == AS_OF - timedelta(days=HOLDOUT_DAYS)
        assert evaluation.rows == len(HOLDOUT_ROWS) == 240

    def test_the_baseline_is_the_training_rate(self) -> None:
        """The baseline is that of the rows trained on, scored on those held out."""
        rate, share = TRAINING_ROWS["late"].mean(), HOLDOUT_ROWS["late"].mean()

        found = evaluated().baseline

        expected = -(share * np.log(rate) + (1 - share) * np.log(1 - rate))
        assert found.loss == pytest.approx(expected)
        assert found.by_name["roc_auc"] == 0.5

    def test_each_model_by_slice_and_by_bin(self) -> None:
        """Slices and bins of a model are of all its rows."""
        found = evaluated().challenger

        assert found is not None
        assert [(one.column, one.value) for one in found.slices] == [
            ("line", "blue"),
            ("line", "green"),
            ("line", "red"),
        ]
        assert sum(one.metrics.rows for one in found.slices) == 240
        assert sum(one.rows for one in found.calibration) == 240
        means = [one.predicted for one in found.calibration]
        assert means == sorted(means)

    def test_small_slices_are_left_out(self) -> None:
        """A slice with fewer rows than asked for has no figures."""
        scores = holdout_scores(CHALLENGER, NOBODY)
        least = max(scores.slices["line"].value_counts())
        training = TRAINING.model_copy(update={"slice_min_rows": least})

        found = nodes.evaluate_models(scores, TRAINING_ROWS, CONTRACT, WINDOW, training)

        assert found.challenger is not None
        assert [one.metrics.rows for one in found.challenger.slices] == [least]

    @pytest.mark.parametrize(
        ("challenger", "current"), [(CHALLENGER, NOBODY), (NO_CHALLENGER, REIGNING)]
    )
    def test_a_model_that_is_not_there_has_no_figures(
        self, challenger: Challenger, current: CurrentChampion
    ) -> None:
        """Only models that scored are evaluated; the baseline always is."""
        found = evaluated(challenger, current)

        assert (found.challenger is None) is (challenger.predictor is None)
        assert (found.champion is None) is (current.champion is None)
        assert found.baseline.rows == 240


class TestListMetrics:
    def test_plain_data_says_the_same(self) -> None:
        """The evaluation written as JSON and read again is the evaluation."""
        evaluation = evaluated()

        assert Evaluation.model_validate_json(evaluation.model_dump_json()) == evaluation

    def test_metrics_are_named_by_model(self) -> None:
        """MLflow gets each figure of each model once, under the model's name."""
        evaluation = evaluated(current=NOBODY)

        metrics = nodes.list_metrics(evaluation)

        assert evaluation.challenger is not None
        assert metrics["challenger.log_loss"] == {
            "value": evaluation.challenger.metrics.loss,
            "step": 0,
        }
        assert {name.partition(".")[0] for name in metrics} == {"challenger", "baseline"}
        assert all(isinstance(one["value"], float) for one in metrics.values())

    def test_figures_without_meaning_are_left_out(self) -> None:
        """A figure that has no value, such as a ranking of one outcome, is no metric."""
        scores = holdout_scores(CHALLENGER, NOBODY)
        one_outcome = replace(scores, outcome=np.zeros(len(scores.outcome)))
        found = nodes.evaluate_models(one_outcome, TRAINING_ROWS, CONTRACT, WINDOW, TRAINING)

        metrics = nodes.list_metrics(found)

        assert "challenger.roc_auc" not in metrics
        assert "challenger.log_loss" in metrics


def card(challenger: Challenger = CHALLENGER, current: CurrentChampion = REIGNING) -> str:
    """The model card of a run."""
    verdict = judged(challenger, current)
    return nodes.write_model_card(challenger, current, evaluated(challenger, current), verdict)


def table_row(text: str, first_cell: str) -> list[str]:
    """A row of a Markdown table."""
    line = next(one for one in text.splitlines() if one.startswith(f"| {first_cell} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


class TestWriteModelCard:
    def test_the_model_that_was_trained(self) -> None:
        """The card names model, dates, rows and inputs of the challenger."""
        text = card()

        record = predictor(31).record
        assert text.startswith("# Model card: Trains, version 2\n")
        assert table_row(text, "as of")[1] == str(record.as_of)
        assert table_row(text, "rows")[1].startswith(f"{record.rows:,}, and ")
        assert table_row(text, "trees")[1] == str(record.trees)
        top = predictor(31).importances()
        assert table_row(text, str(top.index[0]))[1] == f"{top.iloc[0]:.1f}"
        assert f"All inputs: {', '.join(predictor(31).features)}, " in text

    def test_a_model_that_was_fitted_again(self) -> None:
        """The card tells the rows of the model in service from those of the twin it judged."""
        text = card(refitted(CHALLENGER))

        rows, judged = len(TRAINING_ROWS) + len(HOLDOUT_ROWS), predictor(31).record
        assert table_row(text, "rows")[1] == f"{rows:,}"
        assert table_row(text, "its twin, which was judged")[1].startswith(
            f"{judged.rows:,} rows up to, not including, {judged.train_end}, and "
        )
        assert "these figures are of the twins" in text

    def test_the_kept_champion(self) -> None:
        """A run that trained nothing describes the champion, and gives no figures to nobody."""
        text = card(NO_CHALLENGER)

        assert text.startswith("# Model card: Trains, version 1\n")
        assert "- No run trains (retrain: never)." in text
        assert table_row(text, "metric") == ["metric", "champion", "baseline"]

    def test_figures_side_by_side(self) -> None:
        """Every figure stands under its model, with four digits."""
        text, evaluation = card(), evaluated()

        assert table_row(text, "metric")[1:] == ["challenger", "champion", "baseline"]
        assert evaluation.challenger is not None
        assert evaluation.champion is not None
        assert table_row(text, "ROC AUC")[1:] == [
            f"{evaluation.challenger.metrics.by_name['roc_auc']:.4f}",
            f"{evaluation.champion.metrics.by_name['roc_auc']:.4f}",
            "0.5000",
        ]

    def test_slices(self) -> None:
        """Each slice has a row with its size and figures."""
        found = evaluated().challenger
        assert found is not None

        text = card()

        for one in found.slices:
            cells = table_row(text, f"line {one.value}")
            assert cells[1] == str(one.metrics.rows)
            assert cells[2] == f"{one.metrics.loss:.4f}"

    def test_no_slices(self) -> None:
        """Without slices the card has no empty section for them."""
        evaluation = evaluated()
        assert evaluation.challenger is not None
        bare = evaluation.model_copy(
            update={"challenger": evaluation.challenger.model_copy(update={"slices": ()})}
        )

        text = nodes.write_model_card(CHALLENGER, REIGNING, bare, judged(CHALLENGER, REIGNING))

        assert "By slice" not in text

    def test_reasons_and_limits(self) -> None:
        """The gate's reasons and what the model is not fit for are on the card."""
        text = card()

        for reason in judged(CHALLENGER, REIGNING).reasons:
            assert f"\n- {reason}\n" in text
        limits = text.partition("## Limits")[2]
        assert "of past weeks" in limits
        assert "category never seen" in limits
        assert "nothing of causes" in limits

    def test_a_card_needs_a_model(self) -> None:
        """With neither a challenger nor a champion there is nothing to describe."""
        with pytest.raises(FeedError, match=r"no champion; set retraining\.retrain"):
            card(NO_CHALLENGER, NOBODY)


def parsed(figure: ChartFigure) -> ElementTree.Element:
    """A figure's chart as a tree."""
    return ElementTree.fromstring(f"<div>{figure.chart}</div>")  # noqa: S314 - our own output


def strips_of(tree: ElementTree.Element) -> dict[str, list[tuple[str, str]]]:
    """The dots of a beeswarm by the name of their strip, each with its place and its color."""
    chart = next(svg for svg in tree.iter("svg") if svg.get("role") == "img")
    names = [text.text or "" for text in chart.findall("text") if text.get("x") == "0"]
    strips = [
        [
            (place, path.get("class") or "")
            for path in strip.iter("path")
            for place in (path.get("d") or "").split("M")[1:]
        ]
        for strip in chart.findall("svg")
    ]
    return dict(zip(names, strips, strict=True))


class TestDrawModel:
    @staticmethod
    def drawn(challenger: Challenger = CHALLENGER, current: CurrentChampion = REIGNING) -> Any:
        """The three figures of a run."""
        evaluation = evaluated(challenger, current)
        return nodes.draw_model(challenger, current, HOLDOUT_ROWS, evaluation, TRAINING)

    def test_importances(self) -> None:
        """The bars are the most important inputs, the first on top, under their titles."""
        tree = parsed(self.drawn()[0])

        importances = predictor(31).importances().head(15)
        titles = {name: column.title for name, column in CONTRACT.columns.items()}
        titles |= {name: feature.title for name, feature in CALENDAR_FEATURES.items()}
        rows = [
            [cell.text for cell in row if cell.get("class") != "bar"] for row in tree.iter("tr")
        ]
        assert rows[1:] == [
            [titles[name], f"{importances[name]:.1f}"] for name in importances.index
        ]

    def test_contributions(self) -> None:
        """Each input has a dot for each of the rows explained."""
        tree = parsed(self.drawn()[1])

        inputs = predictor(31).inputs.names
        strips = strips_of(tree)
        assert len(strips) == len(inputs)
        assert {len(dots) for dots in strips.values()} == {40}
        assert next(iter(strips)) == "Line"

    def test_dots_do_not_hide_each_other(self) -> None:
        """Dots of like value stand apart, so that no two share a place."""
        for dots in strips_of(parsed(self.drawn()[1])).values():
            assert len({place for place, _ in dots}) == 40

    def test_categories_have_no_high_and_low(self) -> None:
        """Numbers are colored by rank, categories are not."""
        strips = strips_of(parsed(self.drawn()[1]))

        assert {shade for _, shade in strips["Line"]} == {"swarm plain"}
        assert {"swarm shade-0", "swarm shade-4"} <= {shade for _, shade in strips["Rain"]}

    def test_the_same_rows_each_time(self) -> None:
        """Drawn twice, the figures are the same: the sample is fixed."""
        assert self.drawn() == self.drawn()

    @pytest.mark.parametrize(
        ("challenger", "current", "names"),
        [
            (CHALLENGER, REIGNING, ["challenger", "champion", "ideal"]),
            (CHALLENGER, NOBODY, ["challenger", "ideal"]),
            (NO_CHALLENGER, REIGNING, ["champion", "ideal"]),
        ],
    )
    def test_calibration(
        self, challenger: Challenger, current: CurrentChampion, names: list[str]
    ) -> None:
        """Each model that scored has a line, beside the ideal one."""
        tree = parsed(self.drawn(challenger, current)[2])

        assert ["".join(item.itertext()) for item in tree.iter("li")] == names
        assert len(list(tree.iter("title"))) == 10 * (len(names) - 1)
