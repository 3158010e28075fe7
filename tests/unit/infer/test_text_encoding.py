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
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-32"), "utf-32"),
        ("größe\n5\n".encode("latin-1"), "windows-1252"),
        (TEXT.encode("cp1252"), "windows-1252"),
    ],
)
def test_encodings_are_told_apart(tmp_path: Path, content: bytes, encoding: str) -> None:
    """By marks, by zeros, and by what is no UTF-8; packed or not."""
    (tmp_path / "t.csv").write_bytes(content)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(content))

    assert encoding_of(tmp_path / "t.csv") == encoding
    assert encoding_of(tmp_path / "t.csv.gz") == encoding


def test_copies_are_in_utf_8(tmp_path: Path) -> None:
    """Letter by letter, line ends too, in folders apart; a second go replaces them."""
    folder = tmp_path / "copies"
    folder.mkdir()
    text = "name\r\nMüller 5 €\r\n"
    files = [tmp_path / "a.csv.gz", tmp_path / "b.csv", tmp_path / "empty.csv"]
    files[2].touch()
    files[0].write_bytes(gzip.compress(text.encode("cp1252")))
    files[1].write_bytes(text.encode())

    for _ in range(2):
        # The empty file has no rows and no copy.
        copies = [Path(copy) for copy in utf8_copies(files, folder)]
        assert [copy.name for copy in copies] == ["a.csv", "b.csv"]
        assert [copy.read_bytes() for copy in copies] == [text.encode()] * 2
        assert sorted(path.name for path in folder.rglob("*.*")) == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"a\n\x81\n", "no letter for the byte 0x81; convert it with: iconv -f ITS-ENCODING"),
        (TEXT.encode("utf-16")[:-1], "is cut off or damaged: the byte 0x"),
    ],
)
def test_a_file_that_cannot_be_copied_says_what_to_do(
    tmp_path: Path, content: bytes, words: str
) -> None:
    """Nothing in it, a byte that stands for nothing, half a letter: one sentence each."""
    (tmp_path / "t.csv").write_bytes(content)

    with pytest.raises(FeedError) as error:
        utf8_copies([tmp_path / "t.csv"], tmp_path)
    assert words in str(error.value)


def test_a_packed_file_that_is_cut_off(tmp_path: Path) -> None:
    """As a download that broke leaves it."""
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(TEXT.encode("cp1252"))[:-9])

    with pytest.raises(FeedError, match=r"t\.csv\.gz is cut off or damaged \(.*\); make it again"):
        utf8_copies([tmp_path / "t.csv.gz"], tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_letters_of_every_alphabet(tmp_path: Path, encoding: str) -> None:
    """More of them than are held at once, emoji too, wherever a piece ends."""
    text = "id;größe\n" + "".join(f"{row};{'aä€字😀'[row % 5] * 9}\n" for row in range(150_000))
    (tmp_path / "t.csv").write_text(text, encoding=encoding, newline="")
    (tmp_path / "copies").mkdir()

    (copy,) = utf8_copies([tmp_path / "t.csv"], tmp_path / "copies")
    assert Path(copy).read_text("utf-8-sig") == text
