from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from weekwise.datasets.spark_files import Exchange, Files

Step = Callable[..., Any]


class KilledError(Exception):
    """The process ended here."""


def table(root: Path) -> dict[str, str]:
    """The table's files by their path in it, with what they hold."""
    folder = root / "t"
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def written(root: Path, **weeks: str) -> Exchange:
    """An exchange whose new folders are written, one a week."""
    exchange = Exchange(Files.of(str(root)), "t")
    staged = Path(exchange.prepare())
    for week, text in weeks.items():
        (staged / week).mkdir(parents=True)
        (staged / week / "part").write_text(text)
    return exchange


def test_a_table_is_exchanged_whole(tmp_path: Path) -> None:
    """What is written takes the place of all that was there, and nothing else is left."""
    written(tmp_path, w1="old", w2="old").whole()

    written(tmp_path, w2="new").whole()

    assert table(tmp_path) == {"w2/part": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


def test_weeks_are_exchanged_and_the_others_stay(tmp_path: Path) -> None:
    """A week written again is there once, one without rows is gone, others are untouched."""
    written(tmp_path, w1="old", w2="old", w3="old").whole()

    written(tmp_path, w1="new").partitions(["w1"], ["w3"])

    assert table(tmp_path) == {"w1/part": "new", "w2/part": "old"}


WAYS = {
    "whole": (lambda exchange: exchange.whole(), {"w1/part": "new", "w2/part": "new"}),
    "weeks": (
        lambda exchange: exchange.partitions(["w1", "w2"], ["w3"]),
        {"w0/part": "old", "w1/part": "new", "w2/part": "new"},
    ),
}
OLD = {f"w{week}/part": "old" for week in range(4)}


@pytest.mark.parametrize("way", WAYS)
def test_a_process_that_is_killed_anywhere_leaves_the_old_table_or_the_new_one(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever step it dies before, who comes next finds one of the two, and never a mixture."""
    exchanged, new = WAYS[way]
    ends = []
    for dies_before in range(20):
        root = tmp_path / str(dies_before)
        written(root, w0="old", w1="old", w2="old", w3="old").whole()
        exchange = written(root, w1="new", w2="new")
        with monkeypatch.context() as patched:
            count = _die_before(patched, dies_before)
            try:
                exchanged(exchange)
            except KilledError:
                count.append(0)
        Exchange(Files.of(str(root)), "t").complete()
        ends.append(table(root))
        assert ends[-1] in (OLD, new)
        assert not Path(exchange.note).exists()
        if not count:
            break

    assert not count, "there are more steps than were tried"
    # Before the note the table is the old one, and after it the new one.
    assert ends[0] == OLD
    assert ends[-1] == new


def _die_before(patched: pytest.MonkeyPatch, number: int) -> list[int]:
    """Let the process die before one of the steps that change files; gives whether it has."""
    taken, died = [0], list[int]()

    def counted(step: Step) -> Step:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if taken[0] == number:
                raise KilledError
            taken[0] += 1
            return step(*args, **kwargs)

        return wrapper

    for name in ("remove", "move", "write_json"):
        patched.setattr(Files, name, counted(getattr(Files, name)))
    return died


def test_what_a_killed_writer_left_is_no_part_of_the_next_table(tmp_path: Path) -> None:
    """Folders that nobody has noted are removed before new ones are written."""
    written(tmp_path, w1="half")

    written(tmp_path, w2="new").whole()

    assert table(tmp_path) == {"w2/part": "new"}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/tables", "file:///tables/t"),
        ("file:///tables", "file:///tables/t"),
        ("memory://tables", "memory:///tables/t"),
    ],
)
def test_spark_is_given_the_file_system_with_the_path(address: str, shown: str) -> None:
    """On a cluster, a path without it would be one of the cluster's own file system."""
    files = Files.of(address)

    assert files.url(files.path("t")) == shown
