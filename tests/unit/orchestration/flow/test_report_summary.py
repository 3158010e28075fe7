from __future__ import annotations

from pathlib import Path

from weekly_reports import weekly_report

from weekwise.orchestration.flow.report_summary import read_weekly_report, summarize
from weekwise.paths import DataFolder
from weekwise.reports.finding import Status
from weekwise.wording import NOTHING


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    """The report of a week is the typed one, from the week's folder."""
    report, data = weekly_report(2, Status.WARN), DataFolder(tmp_path)
    path = data.week(report.as_of).weekly_report
    path.parent.mkdir(parents=True)
    path.write_text(report.model_dump_json(), "utf-8")

    assert read_weekly_report(data, report.as_of.isoformat()) == report


def test_a_week_is_summarized() -> None:
    """Expected and realized loss are those of the last judged week, with four decimals."""
    report = weekly_report(3, Status.OK)
    summary = summarize(report)

    rows = dict(summary.rows)
    assert rows["as of"] == f"{report.as_of}, predicting up to {report.figures.end}"
    assert rows["verdict"] == summary.verdict == report.figures.model.verdict.headline
    assert float(summary.expected) > 0
    assert float(summary.realized) > 0
    assert (rows["log loss expected"], rows["log loss realized"]) == (
        summary.expected,
        summary.realized,
    )


def test_a_first_week_has_no_loss_yet() -> None:
    """Before any outcome is known, both losses are left open."""
    summary = summarize(weekly_report(0, Status.OK))
    assert (summary.expected, summary.realized) == (NOTHING, NOTHING)
