from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from weekwise.hooks.lost_models import lost_models
from weekwise.model.registered_versions import RegisteredVersion
from weekwise.paths import DataFolder

HARMS = {
    "deleted": Path.unlink,
    "emptied": lambda file: file.write_bytes(b""),
}


def version(number: str, *aliases: str, model_id: str | None = "m-1") -> RegisteredVersion:
    """A version as the registry tells of it."""
    made = datetime(2024, 7, 1, tzinfo=UTC)
    return RegisteredVersion(number, aliases, made, {}, model_id)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The files that a version cannot do without, by name."""
    folder = DataFolder(tmp_path).model_files("m-1")
    predictor = folder / "artifacts" / "predictor"
    predictor.mkdir(parents=True)
    contents = {
        folder / "MLmodel": b"flavors: {}\n",
        predictor / "model.cbm": b"CBM1trees",
        predictor / "contract.json": b'{\n  "table": "parcels"\n}',
        predictor / "predictor.json": b'{\n  "features": []\n}',
    }
    for file, content in contents.items():
        file.write_bytes(content)
    return {file.name: file for file in contents}


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("name", ["MLmodel", "model.cbm", "contract.json", "predictor.json"])
def test_versions_whose_files_are_lost_are_found(
    tmp_path: Path, files: dict[str, Path], name: str, harm: str
) -> None:
    """One file is enough; a version that has all of them is not named."""
    data, known = DataFolder(tmp_path), [version("3", "challenger"), version("1")]
    assert lost_models(data, known) == []

    HARMS[harm](files[name])

    assert lost_models(data, known) == ["1", "3"]


def test_the_champion_is_the_runs_own_matter(tmp_path: Path) -> None:
    """The run loads it; and of a version that MLflow logged no model for nothing is known."""
    versions = [version("12"), version("2"), version("3", "champion"), version("1", model_id=None)]

    assert lost_models(DataFolder(tmp_path), versions) == ["2", "12"]
