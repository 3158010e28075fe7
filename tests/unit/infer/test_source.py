from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import tables
from weekwise.errors import FeedError
from weekwise.infer.source import opened


def frame() -> pd.DataFrame:
    """A few rows of several types."""
    return pd.DataFrame({"id": [1, 2], "code": ["007", "008"], "weight": [1.5, None]})


def write(path: Path) -> None:
    """The rows in the format that a file's name says."""
    rows = frame()
    {
        ".csv": lambda: rows.to_csv(path, index=False),
        ".gz": lambda: rows.to_csv(path, index=False),
        ".tsv": lambda: rows.to_csv(path, index=False, sep="\t"),
        ".parquet": lambda: rows.to_parquet(path, index=False),
        ".jsonl": lambda: rows.to_json(path, orient="records", lines=True),
        ".json": lambda: rows.to_json(path, orient="records"),
        ".xlsx": lambda: rows.to_excel(path, index=False),
    }[path.suffix]()


@pytest.mark.parametrize(
    "name", ["t.csv", "t.csv.gz", "t.tsv", "t.parquet", "t.jsonl", "t.json", "t.xlsx"]
)
def test_every_kind_of_file_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    """Whatever the format, codes stay text and numbers are numbers."""
    write(tmp_path / name)

    with opened(str(tmp_path / name), tmp_path) as source:
        rows = source.rows.order("id").fetchall()

    assert rows == [(1, "007", 1.5), (2, "008", None)]
    assert source.entry["filepath"] == name


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_are_read(encoding: str, tmp_path: Path) -> None:
    """A file as Excel writes it, plain or packed, is read by the dataset that runs read it with."""
    rows = pd.DataFrame({"name": ["Müller", "“Öl”"], "price": ["5 €", "7 €"]})
    rows.to_csv(tmp_path / "t.csv", index=False, sep=";", encoding=encoding)
    rows.to_csv(tmp_path / "t.csv.gz", index=False, sep=";", encoding=encoding)

    for pattern in ("t.csv", "t.csv.gz", "t.*"):
        with opened(str(tmp_path / pattern), tmp_path) as source:
            read = source.rows.distinct().order("name").fetchall()
        assert read == [("Müller", "5 €"), ("“Öl”", "7 €")]
        assert source.entry["type"].endswith("TranscodedCsvDataset")
        assert source.entry["load_args"]["delim"] == ";"
        assert encoding in source.remarks[0]


def test_files_of_a_pattern_may_be_in_different_encodings(tmp_path: Path) -> None:
    """Whichever comes first, and with a day on which nothing came."""
    (tmp_path / "1.csv").write_text("name;n\nŁódź;1\n", encoding="utf-8")
    (tmp_path / "2.csv").write_text("name;n\nMüller;2\n", encoding="cp1252")
    (tmp_path / "3.csv").touch()

    with opened(str(tmp_path / "*.csv"), tmp_path) as source:
        assert source.rows.order("n").fetchall() == [("Łódź", 1), ("Müller", 2)]


def test_a_fault_in_such_a_file_names_the_file(tmp_path: Path) -> None:
    """And not the copy that was read."""
    (tmp_path / "t.csv").write_bytes("1;2\n5 €;6\n".encode("cp1252"))

    with (
        pytest.raises(FeedError, match=rf"^the first line of {tmp_path / 't.csv'} holds values"),
        opened(str(tmp_path / "t.csv"), tmp_path),
    ):
        pass


def test_a_file_outside_the_project_has_its_whole_path(tmp_path: Path) -> None:
    """The project may be moved; a file elsewhere may not."""
    project = tmp_path / "project"
    project.mkdir()
    write(tmp_path / "t.parquet")

    with opened(str(tmp_path / "t.parquet"), project) as source:
        assert source.entry["filepath"] == str(tmp_path / "t.parquet")


def test_a_pattern_reads_all_its_files(tmp_path: Path) -> None:
    """A folder that gets a file every week is one table."""
    for week in (1, 2):
        write(tmp_path / f"week{week}.parquet")

    with opened(str(tmp_path / "*.parquet"), tmp_path) as source:
        assert len(source.rows.fetchall()) == 4


def test_rows_to_predict_come_under_the_others(tmp_path: Path) -> None:
    """A column that they lack, such as the target, is empty there."""
    write(tmp_path / "past.parquet")
    frame().drop(columns="weight").to_csv(tmp_path / "new.csv", index=False)

    with opened(
        str(tmp_path / "past.parquet"), tmp_path, rows_to_predict=str(tmp_path / "new.csv")
    ) as source:
        assert sorted(row[2] is None for row in source.rows.fetchall()) == [False, True, True, True]
    assert list(source.entry["datasets"]) == ["past", "upcoming"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("absent.csv", "there is no file"),
        ("t.docx", "a file must end in one of .csv"),
        ("broken.parquet", "cannot be read"),
        ("folder", "name its files with a pattern"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, name: str, words: str) -> None:
    """A path that is wrong says how it is."""
    (tmp_path / "t.docx").touch()
    (tmp_path / "broken.parquet").write_bytes(b"no parquet")
    (tmp_path / "folder").mkdir()

    with pytest.raises(FeedError) as error, opened(str(tmp_path / name), tmp_path):
        pass
    assert words in str(error.value)
    # Of DuckDB's own statement nothing is shown.
    assert "SELECT" not in str(error.value)
    assert "VIEW" not in str(error.value)


def test_rows_to_predict_have_no_other_columns(tmp_path: Path) -> None:
    """A column that only they have could not be learned from."""
    write(tmp_path / "past.parquet")
    frame().assign(more=1).to_csv(tmp_path / "new.csv", index=False)

    with pytest.raises(FeedError, match="does not have: more"):
        tables.inferred(tmp_path, tmp_path / "past.parquet", predict=tmp_path / "new.csv")
