"""What the list of reports takes from each report."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from api.serving.weekly_report_view import WeeklyReportView
from weekly_reports import FIRST_WEEK, weekly_report
from weekwise.reports.finding import Status

REPORT = weekly_report(week=2, status=Status.WARN)
OLD: dict[str, Any] = {"as_of": "2013-02-04", "status": "OK", "headline": "OK: all is well"}
"""A report with no more than what every report must have."""


def view(report: dict[str, Any]) -> WeeklyReportView:
    """The view of a report as it is read from its file."""
    return WeeklyReportView.model_validate(report)


def test_every_field_is_one_of_a_real_report() -> None:
    """What the service reads is what a run writes, name by name."""
    read = WeeklyReportView.model_validate_json(REPORT.model_dump_json())

    assert read.model_dump(mode="json") == _common(
        read.model_dump(mode="json"), REPORT.model_dump(mode="json")
    )
    assert read.model_fields_set == set(WeeklyReportView.model_fields)
    assert read.figures.performance.weeks[-1].model_fields_set >= {"as_of", "loss", "metrics"}


def test_a_summary_tells_of_the_newest_week_with_outcomes() -> None:
    """The figures of a summary are those of the last of the compared weeks."""
    summary = WeeklyReportView.model_validate_json(REPORT.model_dump_json()).summary()

    newest = REPORT.figures.performance.weeks[-1]
    assert newest.as_of > FIRST_WEEK
    assert (summary.as_of, summary.status, summary.headline) == (
        REPORT.as_of,
        "WARN",
        REPORT.headline,
    )
    assert summary.evaluated_as_of == newest.as_of
    assert (summary.loss, summary.expected_loss, summary.baseline_loss) == (
        newest.loss,
        newest.expected_loss,
        newest.baseline_loss,
    )
    assert summary.model_version == REPORT.figures.predictions.model_version


def test_a_report_without_figures() -> None:
    """A report of a first week, or of an older version, has a summary without figures."""
    summary = view(OLD).summary()

    assert summary.as_of == date(2013, 2, 4)
    assert (summary.loss, summary.skill, summary.evaluated_as_of) == (None, None, None)
    assert summary.model_version is None
    assert summary.metrics == {}
    assert not summary.drifted
    assert not summary.worse


def test_fields_of_a_newer_version_are_ignored() -> None:
    """A field that this version does not know is no reason to hide a report."""
    newer = OLD | {"figures": {"weather": {}, "performance": {"weeks": [{"brier": 0.1}]}}}

    assert view(newer).summary().loss is None


@pytest.mark.parametrize("name", sorted(OLD))
def test_a_report_without_its_first_line(name: str) -> None:
    """What has no date, status or headline is no report."""
    with pytest.raises(ValidationError, match=name):
        view({key: value for key, value in OLD.items() if key != name})


def _common(part: Any, whole: Any) -> Any:
    """What a whole holds in the places that a part has."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return {key: _common(value, whole[key]) for key, value in part.items()}
    if isinstance(part, list):
        return [_common(*pair) for pair in zip(part, whole, strict=True)]
    return whole
