from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from weekwise.errors import FeedError
from weekwise.infer.text_encoding import encoding_of, utf8_copies

TEXT = "preis\n5 €\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("utf-16"), "utf-16"),
        ("größe\n5\n".encode("latin-1"), "latin-1"),
        (TEXT.encode("cp1252"), "windows-1252"),
    ],
)
def test_encodings_are_told_apart(tmp_path: Path, content: bytes, encoding: str) -> None:
    """By marks, by what is no UTF-8, and by letters that Latin-1 does not have; packed or not."""
    (tmp_path / "t.csv").write_bytes(content)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(content))

    assert encoding_of(tmp_path / "t.csv") == encoding
    assert encoding_of(tmp_path / "t.csv.gz") == encoding


def test_copies_are_in_utf_8(tmp_path: Path) -> None:
    """Letter by letter, line ends too, in folders apart; a second go replaces them."""
    folder = tmp_path / "copies"
    folder.mkdir()
    text = "name\r\nMüller 5 €\r\n"
    files = [tmp_path / "a.csv.gz", tmp_path / "b.csv"]
    files[0].write_bytes(gzip.compress(text.encode("cp1252")))
    files[1].write_bytes(text.encode())

    for _ in range(2):
        copies = [Path(copy) for copy in utf8_copies(files, folder)]
        assert [copy.name for copy in copies] == ["a.csv", "b.csv"]
        assert [copy.read_bytes() for copy in copies] == [text.encode()] * 2
        assert sorted(path.name for path in folder.rglob("*.*")) == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"a\n\x81\n", "no letter for the byte 0x81; convert it with: iconv -f ITS-ENCODING"),
        ("größe\n".encode("utf-16"), "is in utf-16, and files beside it in windows-1252"),
    ],
)
def test_a_file_that_cannot_be_copied_says_what_to_do(
    tmp_path: Path, content: bytes, words: str
) -> None:
    """Nothing in it, a byte that stands for nothing, another encoding: one sentence each."""
    (tmp_path / "t.csv").write_bytes(content)

    with pytest.raises(FeedError) as error:
        utf8_copies([tmp_path / "t.csv"], tmp_path)
    assert words in str(error.value)
