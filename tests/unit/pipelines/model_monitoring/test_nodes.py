from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pytest

import trains
from report_parts import feature_drift, gate_failure, gate_result
from weekwise.analysis.drift import DriftLevel, numeric_drift
from weekwise.analysis.estimated_loss import EstimatedLoss
from weekwise.analysis.feature_drift import FeatureDrift
from weekwise.analysis.outcomes import LookBack
from weekwise.analysis.params import PerformanceParams, SliceParams
from weekwise.analysis.performance import WeekScore
from weekwise.analysis.profile import Profile
from weekwise.analysis.retraining_gain import RetrainingGain, ServedAndFirst
from weekwise.analysis.selection import Selection
from weekwise.analysis.unseen import Unseen
from weekwise.analysis.upcoming import UpcomingPredictions
from weekwise.contract.column import Severity
from weekwise.contract.model import Contract
from weekwise.contract.type_facts import TaskName
from weekwise.errors import AsOfError, ContractError
from weekwise.features.window import Window
from weekwise.model.contenders import Champion, CurrentChampion
from weekwise.model.evaluation import Evaluation, ModelEvaluation
from weekwise.model.search import Search
from weekwise.model.verdict import Decision, SliceComparison, Verdict
from weekwise.pipelines.model_monitoring import nodes
from weekwise.reports.exploration.exploration import Exploration
from weekwise.reports.weekly.params import MonitoringParams
from weekwise.reports.weekly.weekly_report import (
    FeatureFigures,
    Figures,
    ModelFigures,
    RealizedPerformance,
    WeeklyReport,
)
from weekwise.reports.wrangling_summary import WranglingSummary
from weekwise.tasks.records import Metrics

AS_OF = date(2013, 8, 5)
WINDOW = Window(as_of=AS_OF)
LAST_WEEK, WEEK_BEFORE, NEXT_WEEK = (AS_OF + timedelta(weeks=n) for n in (-1, -2, 1))
PARAMS = MonitoringParams(
    performance=PerformanceParams(min_rows=7, min_days=3, resamples=100),
    slices=SliceParams(columns=("origin",), min_rows=1),
)
CONTRACT = Contract.model_validate(
    {
        "table": "features",
        "title": "Features",
        "key": ["departure", "flight"],
        "columns": {
            "departure": {"type": "datetime", "role": "time", "title": "Departure"},
            "flight": {"type": "integer", "role": "key", "title": "Flight"},
            "origin": {"type": "category", "role": "feature", "title": "From"},
            "dest": {"type": "category", "role": "feature", "title": "To", "missing": 1.0},
            "late": {"type": "boolean", "role": "target", "title": "Late", "missing": 1.0},
        },
    }
)
FEATURE_SCHEMA = {
    "departure": "timestamp",
    "flight": "int64",
    "origin": "string",
    "dest": "string",
    "late": "boolean",
}
PREDICTION_SCHEMA = {
    "as_of": "date",
    "departure": "timestamp",
    "flight": "int64",
    "probability": "float64",
    "decision": "boolean",
    "threshold": "float64",
    "model_version": "string",
}
LOG_SCHEMA = {
    "as_of": "date",
    "upcoming_expected_loss": "float64",
    "upcoming_expected_baseline_loss": "float64",
    "upcoming_estimated_loss": "float64",
    "upcoming_estimated_low": "float64",
    "upcoming_estimated_high": "float64",
    "upcoming_psi": "float64",
    "first_champion_week": "string",
}

Rows = list[dict[str, Any]]


def table(rows: Rows, schema: dict[str, str]) -> ibis.Table:
    """Rows as a table of the store; none give an empty one."""
    columns = {name: [row[name] for row in rows] for name in schema}
    return ibis.memtable(pa.table(columns, schema=ibis.schema(schema).to_pyarrow()))


def a_flight(day: date, flight: int = 1, *, late: bool | None = False, **changes: Any) -> Any:
    """One row of the feature table."""
    departure = datetime.combine(day, time(6))
    row = {"departure": departure, "flight": flight, "origin": "EWR", "dest": "IAH", "late": late}
    return {**row, **changes}


def a_prediction(as_of: date, day: date, flight: int = 1, probability: float = 0.2) -> Any:
    """One row of the predictions."""
    return {
        "as_of": as_of,
        "departure": datetime.combine(day, time(6)),
        "flight": flight,
        "probability": probability,
        "decision": probability >= 0.5,
        "threshold": 0.5,
        "model_version": f"v{as_of:%m%d}",
    }


def week(as_of: date) -> list[date]:
    """The days a run predicts."""
    return [as_of + timedelta(days=n) for n in range(7)]


def joined(predictions: Rows, features: Rows, params: MonitoringParams = PARAMS) -> pd.DataFrame:
    """Earlier predictions with their outcomes."""
    return nodes.join_outcomes(
        table(predictions, PREDICTION_SCHEMA),
        table(features, FEATURE_SCHEMA),
        CONTRACT,
        WINDOW,
        params,
    )


def logged(rows: Sequence[Any] = ()) -> ibis.Table:
    """Rows of the monitoring log, each its first values; the others are missing."""
    blank = dict.fromkeys(LOG_SCHEMA)
    return table(
        [{**blank, **dict(zip(LOG_SCHEMA, row, strict=False))} for row in rows], LOG_SCHEMA
    )


def looked_back(predictions: Rows, features: Rows, log: Sequence[Any] = ()) -> RealizedPerformance:
    """The first three nodes, one after another."""
    daily = nodes.count_outcomes(table(features, FEATURE_SCHEMA), CONTRACT, WINDOW)
    return nodes.score_past_weeks(
        joined(predictions, features),
        daily,
        logged(log),
        LookBack(),
        CONTRACT,
        WINDOW,
        PARAMS,
    )


class TestJoinOutcomes:
    """Earlier predictions beside what happened."""

    def test_outcomes(self) -> None:
        """A prediction has its flight's outcome, or none if the flight is not in the features."""
        predictions = [a_prediction(LAST_WEEK, LAST_WEEK, flight) for flight in (1, 2, 3)]
        features = [a_flight(LAST_WEEK, 1, late=True), a_flight(LAST_WEEK, 2, late=False)]

        frame = joined(predictions, features)

        assert frame["outcome"].tolist()[:2] == [1, 0]
        assert pd.isna(frame["outcome"].iloc[2])
        assert frame["origin"].tolist()[:2] == ["EWR", "EWR"]
        assert frame["cluster"].tolist() == [LAST_WEEK] * 3

    def test_first_week(self) -> None:
        """With no earlier predictions there are no rows, but all columns."""
        frame = joined([], [a_flight(LAST_WEEK)])

        assert frame.empty
        assert {"as_of", "cluster", "probability", "model_version", "outcome"} <= set(frame)

    def test_days_to_come(self) -> None:
        """A prediction whose day has not come yet is not without an outcome: it is left out."""
        predictions = [
            a_prediction(LAST_WEEK, AS_OF - timedelta(days=1)),
            a_prediction(LAST_WEEK, AS_OF),
        ]

        frame = joined(predictions, [])

        assert frame["cluster"].tolist() == [AS_OF - timedelta(days=1)]

    def test_rerun_of_an_old_week(self) -> None:
        """Predictions and outcomes that the week could not know change nothing."""
        known = [a_prediction(LAST_WEEK, LAST_WEEK)]
        later = [a_prediction(AS_OF, LAST_WEEK), a_prediction(NEXT_WEEK, NEXT_WEEK)]
        features = [a_flight(LAST_WEEK), a_flight(AS_OF, late=True), a_flight(NEXT_WEEK, late=True)]

        pd.testing.assert_frame_equal(joined(known + later, features), joined(known, features[:1]))

    def test_trend_weeks(self) -> None:
        """Only the last weeks are looked back on, newest kept."""
        params = PARAMS.model_copy(
            update={
                "performance": PerformanceParams(
                    trend_weeks=1, of_weeks=1, act_weeks=1, calibration_weeks=1
                )
            }
        )
        predictions = [a_prediction(as_of, as_of) for as_of in (WEEK_BEFORE, LAST_WEEK)]

        frame = joined(predictions, [], params)

        assert frame["as_of"].tolist() == [LAST_WEEK]

    def test_unknown_slice(self) -> None:
        """A slice by a column that does not exist names the columns that do."""
        params = PARAMS.model_copy(update={"slices": SliceParams(columns=("orgin",))})

        with pytest.raises(ContractError, match=r"names orgin, .* origin, dest"):
            joined([], [], params)


def test_count_outcomes() -> None:
    """History is counted by day, without rows that have no outcome or are not past."""
    features = [
        a_flight(WEEK_BEFORE, 1, late=True),
        a_flight(WEEK_BEFORE, 2),
        a_flight(LAST_WEEK, late=True),
        a_flight(LAST_WEEK, 2, late=None),
        a_flight(AS_OF, late=True),
    ]

    daily = nodes.count_outcomes(table(features, FEATURE_SCHEMA), CONTRACT, WINDOW)

    assert daily.to_dict("list") == {
        "day": [WEEK_BEFORE, LAST_WEEK],
        "rows": [2, 1],
        "positives": [1, 1],
    }


class TestRealizedPerformance:
    """The weeks whose outcomes are in."""

    def test_first_week(self) -> None:
        """Without earlier predictions there are no outcomes yet."""
        assert looked_back([], [a_flight(LAST_WEEK)]) == RealizedPerformance()

    def test_weeks_keep_their_own_expected_loss_and_rate(self) -> None:
        """Each week has its model's expected loss, and the rate of history when it was made."""
        features = [
            a_flight(as_of + timedelta(days=n), late=n < positives)
            for as_of, positives in (
                (WEEK_BEFORE - timedelta(days=7), 1),
                (WEEK_BEFORE, 3),
                (LAST_WEEK, 7),
            )
            for n in range(7)
        ]
        predictions = [a_prediction(w, day) for w in (WEEK_BEFORE, LAST_WEEK) for day in week(w)]

        past = looked_back(
            predictions, features, [(WEEK_BEFORE, 0.4, 0.5), (LAST_WEEK, 0.45, 0.5), (AS_OF, 9, 9)]
        )

        first, second = past.weeks
        assert (first.model_version, second.model_version) == ("v0722", "v0729")
        assert (first.expected_loss, second.expected_loss) == (0.4, 0.45)
        # Before last week 4 of 14 were late; all of last week's were.
        assert second.baseline_loss == pytest.approx(-math.log(4 / 14))
        assert second.mean_outcome == 1
        assert past.last == second
        assert [one.value for one in past.slices] == ["EWR"]

    def test_all_canceled(self) -> None:
        """A week without outcomes is looked back on, without figures, bins or slices."""
        past = looked_back(
            [a_prediction(LAST_WEEK, day) for day in week(LAST_WEEK)], [a_flight(WEEK_BEFORE)]
        )

        assert past.last is not None
        assert (past.last.rows, past.last.rows_with_outcome, past.last.loss) == (7, 0, None)
        assert (past.calibration, past.slices) == ((), ())

    def test_without_an_expected_loss(self) -> None:
        """A week that no log remembers is scored without one."""
        features = [a_flight(day) for day in week(WEEK_BEFORE) + week(LAST_WEEK)]

        past = looked_back([a_prediction(LAST_WEEK, day) for day in week(LAST_WEEK)], features)

        assert past.last is not None
        assert past.last.expected_loss is None
        assert past.last.loss is not None


def described(
    earlier: Rows,
    now: Rows,
    log: Sequence[Any] = (),
    past: RealizedPerformance | None = None,
) -> UpcomingPredictions:
    """This week's predictions as a whole."""
    return nodes.describe_predictions(
        table(earlier, PREDICTION_SCHEMA),
        pd.DataFrame(now, columns=list(PREDICTION_SCHEMA)),
        past or RealizedPerformance(),
        logged(log),
        CONTRACT,
        WINDOW,
        PARAMS,
    )


class TestDescribePredictions:
    """This week's predictions as a whole."""

    def test_first_week(self) -> None:
        """The first week's predictions have no drift."""
        now = [a_prediction(AS_OF, day, probability=p) for day in week(AS_OF) for p in (0.1, 0.7)]

        figures = described(now, now)

        assert (figures.rows, figures.summary) == (
            14,
            "7 of 14 rows (50.0%) are at or over the threshold of 0.5.",
        )
        assert figures.mean == pytest.approx(0.4)
        assert (figures.drift, figures.earlier_mean) == (None, None)
        assert {one.label: one.current for one in figures.histogram if one.current} == {
            "10% to 15%": 7,
            "70% to 75%": 7,
        }

    def test_drift(self) -> None:
        """This week is compared with earlier weeks only, by their probabilities."""
        earlier = [a_prediction(LAST_WEEK, LAST_WEEK, n, n / 400) for n in range(200)]
        now = [a_prediction(AS_OF, AS_OF, n, 0.5 + n / 400) for n in range(200)]
        later = [a_prediction(NEXT_WEEK, NEXT_WEEK, n, 0.9) for n in range(200)]

        figures = described(earlier + now + later, now)

        assert figures.drift is not None
        assert figures.drift.level is DriftLevel.MAJOR
        assert figures.drift.direction.way == "up"
        assert figures.drift.reference_rows == 200

    def test_drift_beside_past_weeks(self) -> None:
        """How far earlier weeks lay from those before comes from the log, of earlier weeks only."""
        earlier = [a_prediction(LAST_WEEK, LAST_WEEK, n, n / 400) for n in range(200)]
        now = [a_prediction(AS_OF, AS_OF, n, 0.5 + n / 400) for n in range(200)]
        log = [(as_of, *(None,) * 5, psi) for as_of, psi in ((LAST_WEEK, 0.02), (AS_OF, 99.0))]

        figures = described(earlier, now, log)

        assert figures.past_psi == (0.02,)
        assert figures.unusual

    def test_estimated_loss(self, score_of: Callable[..., WeekScore]) -> None:
        """The predictions' own loss has an interval once enough weeks show how far off it is."""
        now = [a_prediction(AS_OF, day, probability=0.2) for day in week(AS_OF)]
        entropy = -0.2 * math.log(0.2) - 0.8 * math.log(0.8)
        weeks = tuple(
            score_of(n, loss=0.5 + n / 100, estimated=EstimatedLoss(loss=0.5))
            for n in range(9, 0, -1)
        )

        few = described([], now).estimated
        many = described([], now, past=RealizedPerformance(weeks=weeks)).estimated

        assert few is not None
        assert (few.loss, few.low) == (pytest.approx(entropy), None)
        assert many is not None
        assert many.low == pytest.approx(entropy * 1.02)
        assert many.high == pytest.approx(entropy * 1.18)

    def test_nothing_to_predict(self) -> None:
        """A week without upcoming rows has no figures."""
        assert described([a_prediction(LAST_WEEK, LAST_WEEK)], []) == UpcomingPredictions(rows=0)

    def test_of_another_week(self) -> None:
        """Another week's file is refused, with what to run."""
        with pytest.raises(
            AsOfError, match="predictions_file is of 2013-07-29, not of 2013-08-05; run"
        ):
            described([], [a_prediction(LAST_WEEK, LAST_WEEK)])


class TestScoreFirstChampion:
    """What retraining has earned."""

    END = trains.train_end()
    NOTED = ServedAndFirst(
        as_of=date(2013, 1, 7),
        rows=210,
        served_version="2",
        first_version="1",
        served_loss=0.4,
        first_loss=0.5,
    )

    def compared(
        self,
        as_of: date,
        made_at: date,
        champion: CurrentChampion,
        contract: Contract = trains.CONTRACT,
    ) -> RetrainingGain:
        """What is said as of a date, where one week was predicted with 30 % throughout."""
        rows = trains.trains()
        said = rows[["departure", "train"]].assign(
            as_of=made_at, probability=0.3, decision=False, threshold=0.5, model_version="5"
        )
        days = (said["departure"] - pd.Timestamp(made_at)).dt.days
        return nodes.score_first_champion(
            ibis.memtable(said[days.between(0, 6)]),
            ibis.memtable(rows),
            logged([(self.NOTED.as_of, *(None,) * 6, self.NOTED.model_dump_json())]),
            champion,
            contract,
            Window(as_of=as_of),
        )

    def test_last_week(self) -> None:
        """The last week is scored by both on the same rows, and earlier ones come from the log."""
        made_at = self.END - timedelta(days=7)
        champion = CurrentChampion(champion=Champion("1", trains.predictor()))

        gain = self.compared(self.END, made_at, champion)

        noted, last = gain.weeks
        assert noted == self.NOTED
        assert (last.as_of, last.rows, last.served_version) == (made_at, 210, "5")
        assert last.first_loss < last.served_loss
        assert gain.gain == pytest.approx((0.5 - 0.4 + last.first_loss - last.served_loss) / 2)

    def test_a_week_that_is_not_over(self) -> None:
        """A week some of whose outcomes are not due is not scored yet."""
        champion = CurrentChampion(champion=Champion("1", trains.predictor()))

        gain = self.compared(self.END - timedelta(days=1), self.END - timedelta(days=7), champion)

        assert gain.weeks == (self.NOTED,)

    def test_a_model_that_cannot(self) -> None:
        """Without the first champion, or with another contract, what was noted still holds."""
        columns = {name: c for name, c in trains.CONTRACT.columns.items() if name != "rain"}
        changed = trains.CONTRACT.model_copy(update={"columns": columns})
        champion = CurrentChampion(champion=Champion("1", trains.predictor()))
        made_at = self.END - timedelta(days=7)

        lost = self.compared(self.END, made_at, CurrentChampion(champion=None))
        unfit = self.compared(self.END, made_at, champion, changed)

        assert lost.weeks == unfit.weeks == (self.NOTED,)
        assert unfit.why_not == (
            "version 1, the first champion, cannot: it takes rain, which the contract does not "
            "have any more"
        )


@pytest.mark.parametrize(
    ("upcoming", "selected", "rows", "found"),
    [
        ([{}], ["origin", "dest"], 0, []),
        ([{"dest": "JAC"}, {"dest": "JAC"}, {}], ["dest"], 2, [("dest", "JAC", 2)]),
        (
            [{"dest": "JAC", "origin": "SWF"}],
            ["origin", "dest"],
            1,
            [("dest", "JAC", 1), ("origin", "SWF", 1)],
        ),
        ([{"dest": "JAC"}], ["origin"], 0, []),
        ([{"dest": None}], ["dest"], 0, []),
        ([], ["dest"], 0, []),
    ],
)
def test_unseen_categories(
    upcoming: Rows, selected: list[str], rows: int, found: list[tuple[str, str, int]]
) -> None:
    """Categories that history lacks are counted, for features that the model is given."""
    features = [a_flight(LAST_WEEK), a_flight(LAST_WEEK, 2, dest=None)]
    features += [a_flight(AS_OF, n, late=None, **changes) for n, changes in enumerate(upcoming)]
    features += [a_flight(NEXT_WEEK, late=None, dest="FAR")]

    unseen = nodes.find_unseen_categories(
        table(features, FEATURE_SCHEMA), CONTRACT, chosen(*selected), WINDOW
    )

    assert (unseen.upcoming_rows, unseen.rows) == (len(upcoming), rows)
    assert [(one.column, one.value, one.rows) for one in unseen.categories] == found


def chosen(*features: str) -> Selection:
    """The features that the model is given."""
    return Selection(selected=features, dropped=())


def an_exploration(as_of: date = AS_OF, drift: tuple[FeatureDrift, ...] = ()) -> Exploration:
    """What exploration says of drift: of three features, or of those given."""
    limits = PARAMS.predictions_drift
    drifts = {
        "temp": (numeric_drift("temp", range(500), range(300, 800), limits), (0.1, 0.2)),
        "seats": (numeric_drift("seats", range(500), range(500), limits), (0.1, None)),
        "dropped": (numeric_drift("dropped", range(500), range(900, 999), limits), ()),
    }
    three = tuple(
        FeatureDrift(
            title=name,
            upcoming=upcoming,
            weeks=tuple(as_of - timedelta(weeks=back) for back in range(1, len(recent) + 1)),
            recent=recent,
        )
        for name, (upcoming, recent) in drifts.items()
    )
    profile = Profile.model_construct(as_of=as_of)
    return Exploration.model_construct(profile=profile, drift=drift or three)


def an_evaluation(as_of: date = AS_OF, **losses: float | None) -> Evaluation:
    """The holdout's figures, of which monitoring reads the losses."""
    models = {
        name: None
        if losses.get(name) is None
        else ModelEvaluation(metrics=Metrics(rows=10, loss=losses[name]), slices=(), calibration=())
        for name in ("challenger", "champion")
    }
    return Evaluation(
        as_of=as_of,
        holdout_start=as_of - timedelta(days=14),
        holdout_end=as_of,
        rows=10,
        baseline=Metrics(rows=10, loss=losses.get("baseline")),
        **models,
    )


class TestDescribe:
    """What other pipelines leave behind."""

    def test_features(self) -> None:
        """Selected features are told with their drift, the furthest first, and what is usual."""
        unseen = Unseen(upcoming_rows=3)

        figures = nodes.describe_features(an_exploration(), chosen("seats", "temp"), unseen, WINDOW)

        assert [(one.column, one.usual, one.unusual) for one in figures.drift] == [
            ("temp", 0.2, True),
            ("seats", 0.1, False),
        ]
        assert figures.drift[0].direction.startswith("mean up")
        assert figures.unseen == unseen

    @pytest.mark.parametrize(
        ("decision", "judged", "expected"),
        [
            (Decision.FIRST, True, 0.41),
            (Decision.PROMOTED, True, 0.41),
            (Decision.KEPT, True, 0.42),
            (Decision.DRY_RUN, True, 0.42),
            (Decision.PROMOTED, False, 0.43),
            (Decision.NOT_RETRAINED, False, 0.44),
        ],
    )
    def test_expected(self, decision: Decision, judged: bool, expected: float) -> None:
        """The expected loss is the served model's, on the rows the verdict saw if it saw any."""

        def metrics(log_loss: float) -> Metrics:
            return Metrics(rows=10, loss=log_loss)

        evaluation = an_evaluation(challenger=0.43, champion=0.44, baseline=0.55)
        verdict = Verdict(as_of=AS_OF, task=TaskName.BINARY, decision=decision, reasons=())
        figures = {"challenger": 0.41, "champion": 0.42, "baseline": 0.5}
        update = {name: metrics(loss) for name, loss in figures.items()} if judged else {}

        model = model_described(verdict.model_copy(update=update), evaluation)

        assert model.expected.loss == expected
        assert model.expected.baseline_loss == (0.5 if judged else 0.55)

    def test_nothing_expected(self) -> None:
        """A model that nobody evaluated expected nothing."""
        verdict = Verdict(
            as_of=AS_OF, task=TaskName.BINARY, decision=Decision.NOT_RETRAINED, reasons=("Never.",)
        )
        evaluation = an_evaluation()

        model = model_described(verdict, evaluation)

        assert model.expected.skill is None
        assert model.verdict.reasons == ("Never.",)

    def test_failing_slices(self) -> None:
        """Slices over their limit are named, also in a dry run."""
        slices = tuple(
            SliceComparison(column="carrier", value=value, rows=900, difference=d, limit=0.02)
            for value, d in (("UA", 0.03), ("AA", 0.01))
        )
        verdict = Verdict(
            task=TaskName.BINARY,
            as_of=AS_OF,
            decision=Decision.DRY_RUN,
            would_be=Decision.KEPT,
            reasons=(),
            slices=slices,
        )
        evaluation = an_evaluation()

        told = model_described(verdict, evaluation).verdict

        assert (told.decision, told.failing_slices) == (Decision.KEPT, ("carrier UA",))

    def test_data(self) -> None:
        """Rows are counted, and the gate's failures told apart by what followed."""
        wind = gate_failure(
            "1048", column="wind", expected="at most 150", severity=Severity.QUARANTINE
        )
        warned = wind.model_copy(update={"severity": Severity.WARN, "column": None})
        weather = gate_result("weather", 9, quarantined=1).model_copy(
            update={"failures": (wind, warned)}
        )
        flights = gate_result("flights", 5)
        results = {
            "weather": lambda: weather,
            "flights": lambda: flights,
        }

        data = nodes.describe_data(a_summary(), results, SHADOWS, CONTRACT, WINDOW)

        flights, weather = data.gate
        assert (flights.table, flights.warnings, weather.quarantined_rows) == ("flights", (), 1)
        assert [one.fact for one in weather.of(Severity.QUARANTINE)] == [
            "wind: expected at most 150, got 1048"
        ]
        assert [one.fact for one in weather.warnings] == ["expected at most 150, got 1048"]
        assert data.rows_in == {"flights": 10}
        # What the service kept from the run's date on is not known to it.
        assert [(shadow.shadow, shadow.rows) for shadow in data.shadows] == [("9", 4)]

    @pytest.mark.parametrize("name", ["exploration", "verdict", "evaluation", "wrangling_summary"])
    def test_of_another_week(self, name: str) -> None:
        """What another week left behind is refused, with what to run."""
        of = {name: LAST_WEEK}
        verdict = Verdict(
            task=TaskName.BINARY,
            as_of=of.get("verdict", AS_OF),
            decision=Decision.FIRST,
            reasons=(),
        )
        evaluation = an_evaluation(of.get("evaluation", AS_OF))
        exploration = an_exploration(of.get("exploration", AS_OF))

        with pytest.raises(AsOfError, match=f"{name} is of 2013-07-29, not of 2013-08-05; run the"):
            (
                nodes.describe_features(exploration, chosen(), Unseen(upcoming_rows=0), WINDOW),
                nodes.describe_data(
                    a_summary(of.get("wrangling_summary", AS_OF)), {}, SHADOWS, CONTRACT, WINDOW
                ),
                model_described(verdict, evaluation),
            )


def a_summary(as_of: date = AS_OF) -> WranglingSummary:
    """What data wrangling reports of itself."""
    return WranglingSummary(
        as_of=as_of,
        rows_in={"flights": 10},
        duplicates_dropped=0,
        left_out={"canceled": 1},
        history_rows=7,
        upcoming_rows=2,
        history_start=date(2013, 1, 1),
        history_end=AS_OF,
        upcoming_end=None,
        data_hash="ab" * 32,
    )


def shadow_day(day: date, shadow: str) -> dict[str, object]:
    """A day on which four rows were predicted by a shadow."""
    sums = {"predicted": 1.0, "shadow_predicted": 1.0, "difference": 0.1}
    pair = {"day": pd.Timestamp(day), "version": "8", "shadow": shadow, "rows": 4}
    return {**pair, **sums, "decided": 4, "otherwise": 1}


SHADOWS = pd.DataFrame(
    [shadow_day(AS_OF - timedelta(days=1), "9"), shadow_day(AS_OF, "10")],
)
VERDICT = Verdict(as_of=AS_OF, task=TaskName.BINARY, decision=Decision.FIRST, reasons=("Good.",))


def model_described(verdict: Verdict, evaluation: Evaluation) -> ModelFigures:
    """The model's figures, where a champion can predict."""
    champion = CurrentChampion(champion=Champion("1", trains.predictor()))
    return nodes.describe_model(
        verdict, evaluation, champion, RetrainingGain(), trains.CONTRACT, WINDOW, Search()
    )


def test_without_a_model_the_figures_say_why() -> None:
    """No champion, or one whose column the contract has lost, is said in a sentence."""
    columns = {name: c for name, c in trains.CONTRACT.columns.items() if name != "rain"}
    changed = trains.CONTRACT.model_copy(update={"columns": columns})
    champion = CurrentChampion(champion=Champion("1", trains.predictor()))
    nobody = CurrentChampion(champion=None)

    def why(current: CurrentChampion, contract: Contract) -> str:
        model = nodes.describe_model(
            VERDICT, an_evaluation(), current, RetrainingGain(), contract, WINDOW, Search()
        )
        return model.no_model

    assert why(champion, trains.CONTRACT) == ""
    assert why(nobody, trains.CONTRACT) == "there is no champion"
    assert why(champion, changed) == (
        "version 1 cannot predict: it takes rain, which the contract does not have any more"
    )


def drawn(report: WeeklyReport) -> tuple[str, Verdict, WeeklyReport]:
    """The report's page, the release and the report."""
    return nodes.draw_report(report, VERDICT, nodes.log_week(report))


def judged(figures: Figures) -> WeeklyReport:
    """The week's report, through the node."""
    return nodes.judge_week(
        figures.performance,
        figures.predictions,
        figures.model,
        figures.features,
        figures.data,
        WINDOW,
        PARAMS,
    )


class TestLogWeek:
    """The week's row of the monitoring log."""

    def test_first_week(self, figures_of: Callable[..., Figures]) -> None:
        """The first week's row has an expected loss and no outcomes yet."""
        row = nodes.log_week(judged(figures_of())).to_dict("records")

        assert len(row) == 1
        assert (row[0]["as_of"], row[0]["realized_as_of"], row[0]["status"]) == (AS_OF, None, "OK")
        assert row[0]["upcoming_expected_loss"] == 0.45
        assert (row[0]["rows"], row[0]["drifted"], row[0]["worse"]) == (0, False, False)
        assert pd.isna(row[0]["loss"])

    def test_expected_loss_comes_back(
        self, figures_of: Callable[..., Figures], score_of: Callable[..., WeekScore]
    ) -> None:
        """What one week's row expected is what the next week is held against."""
        row = nodes.log_week(
            judged(figures_of(performance=RealizedPerformance(weeks=(score_of(),))))
        )
        log = row.assign(as_of=LAST_WEEK)[list(LOG_SCHEMA)].astype(object).where(row.notna(), None)
        features = [a_flight(day) for day in week(WEEK_BEFORE) + week(LAST_WEEK)]
        predictions = [a_prediction(LAST_WEEK, day) for day in week(LAST_WEEK)]

        past = looked_back(predictions, features, [tuple(log.iloc[0])])

        assert row["realized_as_of"].tolist() == [LAST_WEEK]
        assert row["loss"].tolist() == [0.46]
        assert past.last is not None
        assert past.last.expected_loss == 0.45
        assert past.last.expected_skill == pytest.approx(0.1)

    def test_types(
        self, figures_of: Callable[..., Figures], score_of: Callable[..., WeekScore]
    ) -> None:
        """A first row and a later one have columns of the same names and types."""
        first = nodes.log_week(judged(figures_of()))
        later = nodes.log_week(
            judged(figures_of(performance=RealizedPerformance(weeks=(score_of(),))))
        )

        assert list(first.columns) == list(later.columns)
        numbers = [name for name in later if later[name].dtype == "float64"]
        assert len(numbers) == 16
        assert (first[numbers].dtypes == later[numbers].dtypes).all()


class TestDrawReport:
    """The two forms of the weekly report."""

    def test_plain_data(
        self, figures_of: Callable[..., Figures], score_of: Callable[..., WeekScore]
    ) -> None:
        """The plain report survives JSON, says first what matters, and holds all figures."""
        week_judged = judged(
            figures_of(performance=RealizedPerformance(weeks=(score_of(2), score_of())))
        )

        _, _, report = drawn(week_judged)
        plain = report.model_dump(mode="json")

        assert list(plain)[:3] == ["status", "headline", "as_of"]
        assert json.loads(json.dumps(plain, allow_nan=False)) == plain
        assert WeeklyReport.model_validate_json(report.model_dump_json()) == week_judged

    def test_page_is_saved_before_the_report(self, figures_of: Callable[..., Figures]) -> None:
        """The page comes first of the two, so that a report file means a complete week."""
        week_judged = judged(figures_of())

        page, released, report = drawn(week_judged)

        assert page.startswith("<!doctype html>")
        assert released == VERDICT
        assert report.headline in page


def test_parts_make_the_figures(figures_of: Callable[..., Figures]) -> None:
    """Judging a week brings its parts together unchanged."""
    figures = figures_of(features=FeatureFigures(drift=(), unseen=Unseen(upcoming_rows=1)))

    assert judged(figures).figures == figures


@pytest.mark.parametrize(
    ("level", "unusual"), [(DriftLevel.MODERATE, False), (DriftLevel.MAJOR, True)]
)
def test_both_reports_of_a_week_agree_on_drift(level: DriftLevel, unusual: bool) -> None:
    """What exploration calls unusual the weekly report does too: one class holds the rule."""
    measured = feature_drift("rain", "Rain", 0.9, usual=0.04, level=level)
    exploration = an_exploration(drift=(measured,))

    figures = nodes.describe_features(exploration, chosen("rain"), Unseen(upcoming_rows=0), WINDOW)

    assert figures.drift == (measured,)
    assert [feature.unusual for feature in figures.drift] == [measured.unusual] == [unusual]
