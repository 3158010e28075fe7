from __future__ import annotations

from pathlib import Path

import pytest

from weekwise.contract.column import Severity
from weekwise.contract.load import load_contract, load_contracts
from weekwise.contract.model import Contracts
from weekwise.contract.type_facts import TaskName
from weekwise.errors import ContractError

GOOD = """
title: Parcels
key: [number]
columns:
  number: {type: integer, role: key, title: Number}
  late: {type: boolean, role: target, title: Late, missing: 1.0}
"""


def write(folder: Path, text: str, name: str = "parcels.yml") -> Path:
    """A contract file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_contract_is_named_after_its_file(tmp_path: Path) -> None:
    """The table's name is the file's, so it need not be written twice."""
    assert load_contract(write(tmp_path, GOOD)).table == "parcels"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("title: Number", "titel: Number", "column number: unknown key titel; did you mean title?"),
        ("title: Number", "title: N, min: 5, max: 1", "column number: min 5 is over max 1"),
        ("title: Number", "title: N, missing: 0.1", "key column number may be missing"),
        ("title: Number", "title: N, missing: 2", "column number: missing"),
        ("title: Number", "title: N, values: {no: x}", "value False is not of type integer"),
        ("type: boolean", "type: bool", "column late: type: Input should be"),
        ("type: boolean", "type: date", "a target cannot be of type date"),
        (
            "key: [number]",
            "key: [number, nummer]",
            "key names column nummer, which is not under columns",
        ),
        ("key: [number]", "key: []", "column number has role key but is not listed under key"),
        ("role: key", "role: target", "columns number, late all have role target"),
        ("title: Parcels", "source: here", "title is missing; add it"),
        (
            "title: Parcels",
            "title: P\nexpectations: [{expectation: e, arguments: {column: nummer}}]",
            "e names column nummer, which is not under columns",
        ),
        ("title: Parcels", "title: P\nextra_columns: quarantine", "extra_columns: Input should be"),
        ("title: Parcels", "title: P\ntable: boxes", "rename the file to boxes.yml"),
        ("title: Parcels", "title: [", "parcels.yml, line 2: not valid YAML, "),
        ("title: Parcels", "title: Parcels: all", "put a text that has a colon in quotes"),
        ("title: Parcels", "title: @parcels", "'@' cannot start a value; put the value in quotes"),
        ("title: Parcels", "title: 2013-02-31", "day is out of range for month; fix it"),
    ],
)
def test_a_wrong_contract_is_told_with_file_place_and_remedy(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    """Each fault is one clear line that names the file, the place and what is wrong."""
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ContractError) as caught:
        load_contract(path)
    assert expected in str(caught.value)
    assert str(path) in str(caught.value)


def test_what_is_no_yaml_is_one_line(tmp_path: Path) -> None:
    """PyYAML itself takes several, with a drawing; a file that is no UTF-8 has a line, too."""
    for content in (b"title: [", b"title: 'x", b"a:\n\tb: 1", b"a: 1\n---\nb: 2", b"a: 1\nb: \xe9"):
        path = tmp_path / "parcels.yml"
        path.write_bytes(content)

        with pytest.raises(ContractError, match=r"parcels\.yml, line \d: not ") as caught:
            load_contract(path)

        assert "\n" not in str(caught.value)
        assert "; " in str(caught.value)


def test_a_key_written_twice_is_a_fault(tmp_path: Path) -> None:
    """YAML's own loader takes the last one, and the first column goes without a word."""
    path = tmp_path / "parcels.yml"
    path.write_text("title: x\ncolumns:\n  weight: {type: number}\n  weight: {type: text}\n")

    with pytest.raises(ContractError) as caught:
        load_contract(path)

    assert str(caught.value) == (
        f"{path}, line 4: not valid YAML, duplicate key weight; keep one of them"
    )


def test_faults_of_all_files_are_told_together(tmp_path: Path) -> None:
    """Whoever fixes contracts sees all that is wrong at once."""
    write(tmp_path, GOOD.replace("type: boolean", "type: bool"))
    write(tmp_path, "[]", "boxes.yml")
    with pytest.raises(ContractError) as caught:
        load_contracts([tmp_path])
    assert "parcels.yml" in str(caught.value)
    assert "boxes.yml: a contract is a mapping" in str(caught.value)


def test_a_later_folder_replaces_a_file_of_the_same_name(tmp_path: Path) -> None:
    """An environment changes one contract and keeps the others of the base."""
    write(tmp_path / "base", GOOD)
    write(tmp_path / "base", GOOD, "boxes.yml")
    write(tmp_path / "env", GOOD.replace("Parcels", "Other parcels"))
    loaded = load_contracts([tmp_path / "base", tmp_path / "env", tmp_path / "absent"])
    titles = {table: contract.title for table, contract in loaded.items()}
    assert titles == {"parcels": "Other parcels", "boxes": "Parcels"}


def test_the_examples_contracts_are_valid(contracts: Contracts) -> None:
    """The example has a contract for each checked table, and its task is binary."""
    assert set(contracts) == {"flights", "weather", "features"}
    assert contracts["features"].task is TaskName.BINARY


def test_a_contracts_hash_follows_its_meaning_alone(tmp_path: Path) -> None:
    """The hash changes with what the contract says, not with how its file is laid out."""
    first = load_contract(write(tmp_path, GOOD))
    same = load_contract(write(tmp_path, f"# a comment\n{GOOD}"))
    other = load_contract(write(tmp_path, GOOD + "duplicates: warn\n"))
    assert first.hash == same.hash != other.hash
    assert other.duplicates is Severity.WARN
