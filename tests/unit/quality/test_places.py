from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from weekwise.quality.gate_result import GateResult, GateStatus
from weekwise.quality.places import RunFolders


def result(rows: int = 1) -> GateResult:
    """A verdict."""
    return GateResult(table="parcels", status=GateStatus.OK, rows=rows, checks=1)


@pytest.mark.parametrize("as_of", ["2020-01-06", date(2020, 1, 6)])
def test_a_week_has_its_own_folder(tmp_path: Path, as_of: Any) -> None:
    """Verdicts of different weeks do not replace each other."""
    config: Any = {"globals": {"data": "elsewhere"}}
    places = RunFolders.of(tmp_path, config, as_of)
    assert places.gate == tmp_path / "elsewhere" / "08_reporting" / "2020-01-06" / "gate"


def test_an_absolute_data_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    """WEEKWISE_DATA_DIR may point anywhere."""
    config: Any = {"globals": {"data": str(tmp_path / "far")}}
    assert (
        RunFolders.of(tmp_path / "project", config).reporting == tmp_path / "far" / "08_reporting"
    )


def test_without_a_date_verdicts_have_a_folder_too(tmp_path: Path) -> None:
    """A project without as-of dates is gated all the same."""
    config: Any = {"globals": {}}
    assert RunFolders.of(tmp_path, config).gate.parts[-2:] == ("undated", "gate")


def test_a_verdict_replaces_the_same_weeks_former_one(tmp_path: Path) -> None:
    """Running a week again leaves one verdict a table, and no half-written file."""
    places = RunFolders(tmp_path, date(2020, 1, 6))
    places.write(result(1))
    path = places.write(result(2))
    assert json.loads(path.read_text(encoding="utf-8"))["rows"] == 2
    assert [one.name for one in places.gate.iterdir()] == ["parcels.json"]
