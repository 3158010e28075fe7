from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from weekwise.errors import ConfigurationError, ContractError
from weekwise.infer.environment_files import (
    CONTRACT_FILE,
    check_name,
    contract_text,
    mapping_text,
    write_environment,
)

CONTRACT = "title: T\ncolumns: {a: {type: integer, role: feature, title: A}}\n"
FILES = {CONTRACT_FILE: CONTRACT, "catalog.yml": "feed: {}\n"}


def tree(folder: Path) -> dict[str, str]:
    """All files below a folder."""
    return {
        str(path.relative_to(folder)): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_files_are_written(tmp_path: Path) -> None:
    """All of them, and nothing else is left behind."""
    write_environment(tmp_path / "conf" / "shop", FILES, force=False)

    assert tree(tmp_path / "conf") == {f"shop/{name}": text for name, text in FILES.items()}
    assert [path.name for path in (tmp_path / "conf").iterdir()] == ["shop"]


def test_what_is_there_is_not_replaced(tmp_path: Path) -> None:
    """Only --force replaces a file; files of other names stay in any case."""
    folder = tmp_path / "shop"
    write_environment(folder, {**FILES, "parameters.yml": "a: 1\n"}, force=False)
    newer = {**FILES, "catalog.yml": "feed: {new: 1}\n"}

    with pytest.raises(ConfigurationError, match="already; replace them with --force"):
        write_environment(folder, newer, force=False)
    assert tree(folder)["catalog.yml"] == "feed: {}\n"
    write_environment(folder, newer, force=True)
    assert tree(folder) == {**newer, "parameters.yml": "a: 1\n"}


def test_a_contract_that_is_wrong_is_not_written(tmp_path: Path) -> None:
    """Nothing is half-written, and what was there stays."""
    folder = tmp_path / "shop"
    write_environment(folder, FILES, force=False)

    with pytest.raises(ContractError, match="column a: type"):
        write_environment(folder, {**FILES, CONTRACT_FILE: CONTRACT.replace("integer", "int")},
                          force=True)  # fmt: skip
    assert tree(folder) == FILES
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]


def test_a_failure_midway_puts_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails at the second file leaves the first as it was."""
    folder = tmp_path / "shop"
    write_environment(folder, FILES, force=False)
    replace = os.replace

    def fail(source: Path, place: Path) -> None:
        if Path(place).name == "globals.yml":
            raise OSError("no space left")
        replace(source, place)

    monkeypatch.setattr(Path, "replace", fail)
    newer = {CONTRACT_FILE: CONTRACT.replace("title: T", "title: New"), "globals.yml": "a: 1\n"}
    with pytest.raises(OSError, match="no space left"):
        write_environment(folder, newer, force=True)
    assert tree(folder) == FILES


@pytest.mark.parametrize("name", ["base", "local", "../x", "a b", "1a", ""])
def test_names_that_no_environment_has(name: str) -> None:
    """A name is a folder's, and not one that Kedro or the engine uses."""
    with pytest.raises(ConfigurationError):
        check_name(name)
    check_name("orders_2024")


def test_text_is_yaml_whatever_names_and_values_are() -> None:
    """Odd names, labels and comments come back as they were."""
    column = {"type": "category", "values": {"no": "No: #1", "1": "a, b", "ü\n": "{"}}
    text = contract_text(
        {"title": "A: b"}, [("x: #y", column, "a\nb: c"), ("no", column, "")], ["first\nsecond"]
    )

    assert yaml.safe_load(text) == {"title": "A: b", "columns": {"x: #y": column, "no": column}}
    long = {"a": {"b": "x" * 60, "c": {"d": "y" * 70}}, "e": [1]}
    assert yaml.safe_load(mapping_text(long, ["#"])) == long
