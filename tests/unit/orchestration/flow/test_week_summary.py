from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from weekly_reports import FIRST_WEEK, weekly_report
from weekwise.errors import OrchestrationError
from weekwise.orchestration.flow.week_summary import read_weekly_report, summarize_week
from weekwise.paths import DataFolder
from weekwise.reports.finding import Status
from weekwise.wording import NOTHING


@pytest.fixture
def environment(tmp_path: Path) -> Any:
    """An environment with a data folder."""
    return SimpleNamespace(cli_option=" --env parcels", data=DataFolder(tmp_path))


def write_report(environment: Any, as_of: date, text: str) -> Path:
    """Write a week's report; gives its path."""
    path: Path = environment.data.week(as_of).weekly_report
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    return path


def test_a_report_is_read_as_it_was_written(environment: Any) -> None:
    """The report of a week is the typed one, from the week's folder."""
    report = weekly_report(2, Status.WARN)
    write_report(environment, report.as_of, report.model_dump_json())

    assert read_weekly_report(environment, report.as_of) == report


@pytest.mark.parametrize("text", ['{"status": "OK", "promised": 0.4}', "{", ""])
def test_a_report_of_another_version_is_one_sentence(environment: Any, text: str) -> None:
    """A report that is not what this version writes is named, with what to type."""
    path = write_report(environment, FIRST_WEEK, text)

    with pytest.raises(OrchestrationError) as raised:
        read_weekly_report(environment, FIRST_WEEK)

    assert str(raised.value) == (
        f"the report of the week {FIRST_WEEK} cannot be read: {path} is damaged, or another "
        "version of Weekwise wrote it; run that week again: "
        f"kedro weekly run --as-of {FIRST_WEEK} --env parcels"
    )
    assert raised.value.__cause__ is None


def test_a_week_is_summarized() -> None:
    """Expected and realized loss are those of the last judged week, with four decimals."""
    report = weekly_report(3, Status.OK)
    summary = summarize_week(report)

    rows = dict(summary.rows)
    assert rows["as of"] == f"{report.as_of}, predicting up to {report.figures.end}"
    assert rows["verdict"] == summary.verdict == report.figures.model.verdict.headline
    assert float(summary.expected) > 0
    assert float(summary.realized) > 0
    assert (rows["log loss, expected"], rows["log loss, actual"]) == (
        summary.expected,
        summary.realized,
    )


def test_a_first_week_has_no_loss_yet() -> None:
    """Before any outcome is known, both losses are left open."""
    summary = summarize_week(weekly_report(0, Status.OK))
    assert (summary.expected, summary.realized) == (NOTHING, NOTHING)
