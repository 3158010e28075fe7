from __future__ import annotations

import errno
import json
import os
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import parcels
from weekwise.paths import REPORTING, DataFolder
from weekwise.quality import gx
from weekwise.quality.data_docs import Evidence, publish
from weekwise.quality.gate_result import GateResult
from weekwise.quality.suite import build_suite
from weekwise.quality.validate import validate

AS_OF = date(2020, 1, 6)


@cache
def result() -> GateResult:
    """What a check of parcels with one bad row finds."""
    return validate(parcels.changed("weight", {1: -1.0}), parcels.contract())


def evidence() -> list[Evidence]:
    """What that check leaves to the store; its suite is built anew, as in every run."""
    return [Evidence(build_suite(parcels.contract()), result())]


def results(data: DataFolder) -> list[Path]:
    """Every stored result."""
    return sorted((data.gx / "uncommitted" / "validations").rglob("*.json"))


def test_suites_results_and_pages_are_where_gx_looks_for_them(tmp_path: Path) -> None:
    """The folder is an ordinary Great Expectations project with its JSON files and Data Docs."""
    page = publish(DataFolder(tmp_path), evidence(), AS_OF)
    assert page == DataFolder(tmp_path).data_docs
    assert "parcels" in page.read_text(encoding="utf-8")
    suite = json.loads(DataFolder(tmp_path).suite("parcels").read_text(encoding="utf-8"))
    assert (suite["name"], len(suite["expectations"])) == ("parcels", 40)
    (stored,) = results(DataFolder(tmp_path))
    plain = json.loads(stored.read_text(encoding="utf-8"))
    failed = [result for result in plain["results"] if not result["success"]]
    assert [result["expectation_config"]["kwargs"]["column"] for result in failed] == ["weight"]
    assert failed[0]["result"]["unexpected_count"] == 1
    assert AS_OF.isoformat() in str(stored)


def test_the_same_week_twice_leaves_one_result(tmp_path: Path) -> None:
    """Running a week again replaces its result, and the suite is the same to the letter."""
    publish(DataFolder(tmp_path), evidence(), AS_OF)
    suite = json.loads(DataFolder(tmp_path).suite("parcels").read_text(encoding="utf-8"))
    publish(DataFolder(tmp_path), evidence(), AS_OF)
    publish(DataFolder(tmp_path), evidence(), date(2020, 1, 13))
    assert len(results(DataFolder(tmp_path))) == 2
    assert json.loads(DataFolder(tmp_path).suite("parcels").read_text(encoding="utf-8")) == suite


def truncate(path: Path) -> None:
    """Leave the first half of a file, as a killed run would."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


SETTINGS, SUITE = "gx/great_expectations.yml", "gx/expectations/parcels.json"
VARIABLES = "gx/uncommitted/config_variables.yml"
PAGE = "gx/uncommitted/data_docs/local_site/index.html"


@pytest.mark.parametrize(
    ("broken", "harm"),
    [
        (SETTINGS, truncate),
        (SETTINGS, Path.unlink),
        (SUITE, truncate),
        (VARIABLES, lambda path: path.write_text("{[", "utf-8")),
        (PAGE, truncate),
        ("result", truncate),
        ("result", lambda path: path.write_text("", "utf-8")),
    ],
)
def test_a_store_that_a_killed_run_left_broken_is_repaired(
    tmp_path: Path, broken: str, harm: Any
) -> None:
    """Whatever file is half-written, empty or gone, the next run publishes its own."""
    publish(DataFolder(tmp_path), evidence(), date(2019, 12, 30))
    harm(results(DataFolder(tmp_path))[0] if broken == "result" else tmp_path / REPORTING / broken)
    page = publish(DataFolder(tmp_path), evidence(), AS_OF)
    assert AS_OF.strftime("%Y%m%d") in page.read_text(encoding="utf-8")
    assert json.loads(results(DataFolder(tmp_path))[-1].read_text(encoding="utf-8"))


def test_a_folder_that_is_no_store_is_started_anew(tmp_path: Path) -> None:
    """A folder in the wrong place gives way to the store."""
    folder = tmp_path / REPORTING / "gx" / "great_expectations.yml"
    folder.mkdir(parents=True)
    assert publish(DataFolder(tmp_path), evidence(), AS_OF).exists()


def contents(data: DataFolder) -> dict[Path, bytes]:
    """All files of the store."""
    return {path: path.read_bytes() for path in data.gx.rglob("*") if path.is_file()}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EMFILE])
def test_what_the_system_refuses_costs_no_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """A full disk, or one that may not be written, leaves all that earlier weeks published."""
    data = DataFolder(tmp_path)
    publish(data, evidence(), date(2019, 12, 30))
    before = contents(data)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    context = gx.load().data_context
    monkeypatch.setattr(context.FileDataContext, "build_data_docs", refuse)
    monkeypatch.setattr(context.store.TupleFilesystemStoreBackend, "_set", refuse)
    with pytest.raises(OSError, match=os.strerror(code)):
        publish(data, evidence(), AS_OF)

    assert contents(data) == before


def test_a_page_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Great Expectations itself would log a traceback, leave the page out, and go on."""
    site = gx.load().data_context.store.html_site_store.HtmlSiteStore

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(site, "set", refuse)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        publish(DataFolder(tmp_path), evidence(), AS_OF)

    assert "Traceback" not in caplog.text


def test_what_cannot_be_read_is_kept(tmp_path: Path) -> None:
    """A damaged file is moved aside with all it holds, and nothing else is touched."""
    data = DataFolder(tmp_path)
    publish(data, evidence(), date(2019, 12, 30))
    damaged = data.gx / "great_expectations.yml"
    damaged.write_text("{[", "utf-8")
    before = contents(data)

    publish(data, evidence(), AS_OF)

    (aside,) = data.gx.glob("great_expectations.yml.damaged-*")
    assert aside.read_bytes() == before[damaged]
    assert [path for path in before if not path.exists()] == []


@pytest.mark.parametrize("harm", ["deleted", "emptied", "overwritten"])
@pytest.mark.parametrize(
    ("damaged", "healthy"), [(SETTINGS, VARIABLES), (VARIABLES, SETTINGS)], ids=["yml", "variables"]
)
def test_healthy_settings_stay(
    tmp_path: Path, damaged: str, healthy: str, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Settings that somebody has changed stay where they are, whatever happens to those beside."""
    data = DataFolder(tmp_path)
    publish(data, evidence(), date(2019, 12, 30))
    file, other = tmp_path / REPORTING / damaged, tmp_path / REPORTING / healthy
    other.write_text(other.read_text("utf-8") + "\n# ours\n", "utf-8")
    file.write_bytes(b"noise" * 9 if harm == "overwritten" else b"")
    if harm == "deleted":
        file.unlink()

    publish(data, evidence(), AS_OF)

    assert other.read_text("utf-8").endswith("\n# ours\n")
    aside = [path.name.partition(".damaged")[0] for path in tmp_path.rglob("*.damaged-*")]
    assert aside == ([] if harm == "deleted" else [file.name])
    told = [record for record in caplog.records if record.levelname != "INFO"]
    assert len(told) == len(aside)
    assert len(results(data)) == 2


@pytest.mark.parametrize("content", ["ours: 1\n", "plugins_directory: ${NOT_THERE}\n"])
def test_settings_that_great_expectations_refuses_cost_no_evidence(
    tmp_path: Path, content: str
) -> None:
    """YAML that is no settings is moved aside alone; the results of earlier weeks stay."""
    data = DataFolder(tmp_path)
    publish(data, evidence(), date(2019, 12, 30))
    (tmp_path / REPORTING / SETTINGS).write_text(content, "utf-8")

    publish(data, evidence(), AS_OF)

    assert len(results(data)) == 2
    (aside,) = data.gx.glob("great_expectations.yml.damaged-*")
    assert aside.read_text("utf-8") == content


def test_publishing_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """No progress bar, notice or warning of Great Expectations reaches the terminal."""
    publish(DataFolder(tmp_path), evidence(), AS_OF)
    assert capfd.readouterr() == ("", "")
