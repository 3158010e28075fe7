from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from challengers import (
    AS_OF,
    CHALLENGER,
    HOLDOUT_DAYS,
    HOLDOUT_ROWS,
    NO_CHALLENGER,
    NOBODY,
    PROMOTION,
    REIGNING,
    TRAINING,
    TRAINING_ROWS,
    WINDOW,
    evaluated,
    holdout_scores,
    judged,
    refitted,
)
from trains import CONTRACT, predictor
from weekwise.errors import ContractError
from weekwise.model.contenders import Challenger, Champion, CurrentChampion
from weekwise.model.evaluation import Evaluation, NoContest
from weekwise.model.verdict import Decision
from weekwise.pipelines.model_training.nodes import judging


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

        scores = judging.score_holdout(NO_CHALLENGER, REIGNING, rows, contract, TRAINING, PROMOTION)

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

        verdict = judging.judge_challenger(CHALLENGER, REIGNING, scores, WINDOW, PROMOTION)

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

        found = judging.evaluate_models(scores, TRAINING_ROWS, CONTRACT, WINDOW, training)

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

        metrics = judging.list_metrics(evaluation)

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
        found = judging.evaluate_models(one_outcome, TRAINING_ROWS, CONTRACT, WINDOW, TRAINING)

        metrics = judging.list_metrics(found)

        assert "challenger.roc_auc" not in metrics
        assert "challenger.log_loss" in metrics
