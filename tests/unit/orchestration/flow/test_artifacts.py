from __future__ import annotations

from pathlib import Path

from report_parts import gate_result

from weekwise.orchestration.flow.artifacts import gate_failures
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
