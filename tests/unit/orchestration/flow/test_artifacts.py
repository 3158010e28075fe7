from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from report_parts import gate_result
from weekwise.orchestration.flow import artifacts
from weekwise.orchestration.flow.artifacts import gate_failures, publish_failure
from weekwise.orchestration.project_environment import ProjectEnvironment
from weekwise.paths import DataFolder


def test_the_gate_s_failures_are_rows(tmp_path: Path) -> None:
    """Each failed check of each table is one row, in the order of the tables' names."""
    week = DataFolder(tmp_path).week("2013-07-01")
    week.gate.mkdir(parents=True)
    results = [gate_result("weather", failures=2), gate_result("flights", failures=1)]
    for result in [*results, gate_result("features")]:
        week.gate_result(result.table).write_text(result.model_dump_json(), "utf-8")

    rows = gate_failures(week)

    assert [row["table"] for row in rows] == ["flights", "weather", "weather"]
    assert {row["finding"] for row in rows} == set(results[0].messages)


def test_a_week_without_a_gate_has_no_failures(tmp_path: Path) -> None:
    """A run that failed before its first table was checked shows none."""
    assert gate_failures(DataFolder(tmp_path).week("2013-07-01")) == []


def test_a_failure_is_shown_even_if_the_gate_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gate result of another version does not hide why a run failed."""
    data = DataFolder(tmp_path)
    week = data.week("2013-07-01")
    week.gate.mkdir(parents=True)
    week.gate_result("features").write_text("{}", "utf-8")
    shown: dict[str, Any] = {}
    monkeypatch.setattr(
        artifacts, "create_markdown_artifact", lambda **artifact: shown.update(artifact)
    )
    environment = cast("ProjectEnvironment", SimpleNamespace(data=data))

    publish_failure(environment, "2013-07-01", ValueError("the feed is gone\nand more"))

    assert shown["key"] == "failure"
    assert shown["description"] == "the feed is gone"


@pytest.mark.parametrize(
    ("fault", "reason", "has_traceback"),
    [
        (httpx.ConnectError("refused"), "the Prefect API does not answer (refused)", False),
        (TypeError("a defect"), "TypeError", True),
    ],
)
def test_what_cannot_be_shown_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    fault: Exception,
    reason: str,
    has_traceback: bool,
) -> None:
    """A server that is away is a sentence; a defect comes with its traceback."""

    def refuse(**_artifact: object) -> None:
        raise fault

    monkeypatch.setattr(artifacts, "create_markdown_artifact", refuse)
    monkeypatch.setattr(artifacts, "create_table_artifact", lambda **_artifact: None)
    environment = cast("ProjectEnvironment", SimpleNamespace(data=DataFolder(tmp_path)))

    publish_failure(environment, "2013-07-01", ValueError("the feed is gone"))

    (record,) = caplog.records
    assert record.getMessage().startswith(f"an artifact could not be published: {reason}")
    assert bool(record.exc_info) == has_traceback
