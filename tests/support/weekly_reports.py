"""Weekly reports as runs leave them in MLflow, for tests of what reads them."""

from __future__ import annotations

from datetime import date, timedelta

from mlflow import MlflowClient

from model_stores import Store
from report_parts import feature_drift
from weekwise.analysis.drift import Direction, DriftLevel
from weekwise.analysis.performance import ExpectedPerformance, WeekScore
from weekwise.analysis.unseen import Unseen
from weekwise.analysis.upcoming import UpcomingPredictions
from weekwise.contract.type_facts import TaskName
from weekwise.model.verdict import Decision
from weekwise.reports.finding import Finding, Status
from weekwise.reports.weekly.weekly_page import render_report
from weekwise.reports.weekly.weekly_report import (
    DataFigures,
    FeatureFigures,
    Figures,
    ModelFigures,
    RealizedPerformance,
    VerdictFigures,
    WeeklyReport,
)

FIRST_WEEK = date(2013, 2, 4)


def log_reports(store: Store, statuses: tuple[Status, ...]) -> None:
    """Leave a finished run with a weekly report for each of some weeks that follow each other."""
    client = store.client
    experiment = client.create_experiment("weeks", str(store.folder / "artifacts"))
    for week, status in enumerate(statuses):
        _log(client, experiment, weekly_report(week, status))


def weekly_report(week: int, status: Status) -> WeeklyReport:
    """The report of the n-th week, which looks back on all before it."""
    as_of = FIRST_WEEK + timedelta(weeks=week)
    finding = Finding(
        status=status,
        topic="performance",
        reason=f"week {week} went its way",
        next_step="" if status is Status.OK else "look at the slices",
    )
    return WeeklyReport(
        status=status,
        headline=f"{status}: {finding.reason}; 210 rows predicted",
        as_of=as_of,
        next_steps=(finding.next_step,) if finding.next_step else (),
        findings=(finding,),
        drifted=False,
        worse=False,
        figures=_figures(as_of, tuple(_score(past) for past in range(week))),
    )


def _score(week: int) -> WeekScore:
    return WeekScore(
        as_of=FIRST_WEEK + timedelta(weeks=week),
        model_version="1",
        rows=210,
        rows_with_outcome=200,
        expected_loss=0.45,
        expected_skill=0.1,
        loss=0.46 + week / 100,
        baseline_loss=0.51,
        skill=0.098,
        skill_low=0.05,
        skill_high=0.15,
        metrics={"roc_auc": 0.7, "brier": 0.15, "calibration_error": 0.03},
        mean_prediction=0.21,
        mean_outcome=0.2,
    )


def _figures(as_of: date, weeks: tuple[WeekScore, ...]) -> Figures:
    verdict = VerdictFigures(decision=Decision.PROMOTED, headline="Version 2 replaces version 1.")
    drift = (
        feature_drift(
            "rain",
            "Rain",
            0.4,
            usual=0.2,
            level=DriftLevel.MAJOR,
            direction=Direction(measure="mean", way="up", effect=1.2),
        ),
        feature_drift("cars", "Cars", 0.02, usual=0.05),
    )
    return Figures(
        as_of=as_of,
        end=as_of + timedelta(days=7),
        performance=RealizedPerformance(weeks=weeks),
        predictions=UpcomingPredictions(
            rows=210, model_version="2", mean=0.22, summary="40 of 210 rows are yes."
        ),
        model=ModelFigures(
            task=TaskName.BINARY,
            verdict=verdict,
            expected=ExpectedPerformance(loss=0.45, baseline_loss=0.5),
        ),
        features=FeatureFigures(drift=drift, unseen=Unseen(upcoming_rows=210)),
        data=DataFigures(
            data_hash="0123456789abcdef",
            rows_in={"trains": 1200},
            duplicates_dropped=0,
            left_out={},
            history_rows=1000,
            upcoming_rows=210,
            history_end=as_of - timedelta(days=1),
            upcoming_end=as_of + timedelta(days=7),
        ),
    )


def _log(client: MlflowClient, experiment: str, report: WeeklyReport) -> None:
    run = client.create_run(experiment, tags={"as_of": str(report.as_of)}).info.run_id
    client.log_text(run, report.model_dump_json(), "weekly_report/weekly_report.json")
    client.log_text(run, render_report(report), "weekly_report/weekly_report.html")
    client.set_terminated(run)
