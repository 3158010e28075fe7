"""The local copy: whole or not at all, and never another registry's."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

import trains
from api.serving.local_copy import LocalCopy
from service_client import client_of
from weekwise.model.model_files import ARTIFACT, EXAMPLE
from weekwise.model.release import Release

EXAMPLE_TEXT = (
    trains.trains(1).head(2)[trains.CONTRACT.inputs].to_json(orient="split", date_format="iso")
)


def release(version: str) -> Release:
    """A release."""
    return Release(name="t", version=version, alias="champion", source=f"models:/{version}")


def keep(copy: LocalCopy, version: str) -> Path:
    """Put a version into the copy; the folder that counts then."""
    with copy.incoming() as folder:
        trains.predictor().save(folder / ARTIFACT)
        (folder / EXAMPLE).write_text(EXAMPLE_TEXT.replace('.000"', '"'))
        copy.keep(folder, release(version))
    (folder,) = copy.folder.glob(f"{version}-*")
    return folder


def test_kept_and_loaded(tmp_path: Path) -> None:
    """What is kept is what is loaded, with what the registry said of it."""
    copy = LocalCopy(tmp_path / "state")
    assert copy.load() is None
    keep(copy, "3")
    keep(copy, "4")

    model = copy.load()

    assert model is not None
    assert (model.version, model.source) == ("4", "local copy")
    rows = trains.trains(1)
    assert list(model.predictor.predict(rows)) == list(trains.predictor().predict(rows))


def test_no_traces(tmp_path: Path) -> None:
    """Nothing incoming stays, whether it was kept or failed half way."""
    copy = LocalCopy(tmp_path / "state")
    with pytest.raises(ZeroDivisionError):
        _fail_half_way(copy)
    keep(copy, "1")

    assert not list(copy.folder.glob(".incoming*"))
    assert copy.load() is not None


def _fail_half_way(copy: LocalCopy) -> None:
    with copy.incoming() as folder:
        (folder / "half").write_text("written")
        raise ZeroDivisionError


@pytest.mark.parametrize("file", ["current.json", "release.json", "model.cbm", EXAMPLE])
@pytest.mark.parametrize("damage", [b"", b"\x00garbage"])
def test_damaged(
    tmp_path: Path, file: str, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A copy that is damaged is not used, and the log says so."""
    copy = LocalCopy(tmp_path / "state")
    keep(copy, "1")
    (path,) = copy.folder.rglob(file)
    path.write_bytes(damage)

    assert copy.load() is None
    assert "is not used" in caplog.text


def test_old_ones_go(tmp_path: Path) -> None:
    """Old versions are taken away; young ones stay, for another process may be reading them."""
    copy = LocalCopy(tmp_path / "state")
    old, young = keep(copy, "1"), keep(copy, "2")
    hour_ago = time.time() - 3600
    os.utime(old, (hour_ago, hour_ago))

    keep(copy, "3")

    assert not old.exists()
    assert young.exists()


def test_one_for_each_registry(tmp_path: Path) -> None:
    """Another registry, model or alias has another copy."""
    asked = [
        ("a", "m", "champion"),
        ("b", "m", "champion"),
        ("a", None, "champion"),
        ("a", "m", "x"),
    ]

    folders = {LocalCopy.of(tmp_path, uri, name, alias).folder for uri, name, alias in asked}

    assert len(folders) == len(asked)


def test_served_from_the_copy_is_complete(tmp_path: Path) -> None:
    """A model from the copy answers all that one from the registry does."""
    copy = LocalCopy(tmp_path)
    keep(copy, "1")
    client = client_of(copy.load())

    row = client.get("/schema").json()["examples"][0]
    assert client.post("/explain", json=row).status_code == 200
    assert client.get("/model").json()["source"] == "local copy"
