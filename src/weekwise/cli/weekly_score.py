"""`kedro weekly score`: a file or a table of any size, predicted by a registered model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from weekwise.cli.interruption import stopped_by_keyboard
from weekwise.cli.model import open_registry
from weekwise.errors import FeedError, RegistryError
from weekwise.model.alias_history import CHAMPION
from weekwise.wording import counted, listed

if TYPE_CHECKING:
    from weekwise.model.registry import Registry
    from weekwise.scoring.score_rows import ScoringResult

_MOST_COLUMNS = 5


def score_file(
    source: str, output: Path, *, env: str | None, version: str | None, alias: str, force: bool
) -> None:
    """Predict every row of a file or table, and say what became of them.

    Args:
        source: A file, a folder or a pattern of files, or a table of a database.
        output: The file to write; what is refused goes to `refused_file(output)`.
        env: The configuration environment.
        version: The version that predicts; none for that of the alias.
        alias: An alias of the registered model.
        force: Whether files that are there may be replaced.

    Raises:
        WeekwiseError: If it cannot be read, predicted or written.
        click.exceptions.Exit: If it was stopped from the keyboard.
    """
    from weekwise.datasets.atomic import whole
    from weekwise.infer.source import Reading, opened
    from weekwise.scoring.score_rows import score_rows
    from weekwise.scoring.table_writer import ending

    ending(output)
    refused = refused_file(output)
    _refuse_existing([output, refused], force=force)
    with open_registry(env) as registry:
        chosen = version or _version_of(registry, alias)
        predictor = registry.versions.load(chosen)
    _make_folder(output.parent)
    columns = predictor.contract.columns
    texts = frozenset(name for name, column in columns.items() if column.type.facts.textual)
    with (
        stopped_by_keyboard("Stopped; nothing was written."),
        opened(files_in(source), Path.cwd(), reading=Reading(texts=texts, in_order=True)) as table,
        whole(refused) as hidden_refused,
        whole(output) as hidden,
    ):
        total = (table.rows.count("*").fetchone() or (0,))[0]
        with _shown(total) as on_rows:
            scored = score_rows(
                table.rows, predictor, chosen, hidden, hidden_refused, on_rows=on_rows
            )
    if not scored.refused:
        refused.unlink(missing_ok=True)
    for line in _words(scored, f"{registry.name} version {chosen}", output, refused):
        click.echo(line)


def refused_file(output: Path) -> Path:
    """Where rows go that are not predicted: `scored_refused.csv` beside `scored.csv`."""
    from weekwise.scoring.table_writer import ending

    suffix = output.name[-len(ending(output)) :]
    return output.with_name(f"{output.name.removesuffix(suffix)}_refused{suffix}")


def files_in(source: str) -> str:
    """A source as it can be opened: for a folder the pattern of its files.

    Raises:
        FeedError: If a folder has no files, or files of several kinds.
    """
    folder = Path(source).expanduser()
    if not folder.is_dir():
        return source
    files = [path for path in folder.rglob("*") if path.is_file() and path.name[0] not in "._"]
    kinds = sorted({path.suffix for path in files})
    if len(kinds) != 1:
        found = f"files of several kinds: {', '.join(kinds)}" if kinds else "no files"
        raise FeedError(
            f"{source} has {found}; name the files with a pattern: '{source}/*.parquet'"
        )
    return str(folder / "**" / f"*{kinds[0]}")


def _refuse_existing(files: list[Path], *, force: bool) -> None:
    there = [str(path) for path in files if path.exists()]
    if there and not force:
        raise FeedError(f"{listed(there)} is there already; replace it with --force")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileNotFoundError, NotADirectoryError, FileExistsError) as error:
        raise FeedError(
            f"{folder} cannot be made ({error.strerror}); name a file in another folder as OUTPUT"
        ) from None


def _version_of(registry: Registry, alias: str) -> str:
    version = registry.history().current(alias)
    if version is None:
        hint = "train one with: kedro run" if alias == CHAMPION else "see: kedro model list"
        raise RegistryError(f"{registry.name} has no {alias}; {hint}")
    return version


@contextmanager
def _shown(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing elsewhere."""
    from weekwise.cli.console import console

    screen = console()
    if not screen.is_terminal:
        yield lambda _: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(40), TextColumn("{task.completed:,} of {task.total:,} rows"))
    with Progress(*columns, TimeRemainingColumn(), console=screen, transient=True) as bars:
        task = bars.add_task("", total=total)
        yield lambda done: bars.update(task, completed=done)


def _words(scored: ScoringResult, model: str, output: Path, refused: Path) -> Iterator[str]:
    right = scored.rows - scored.refused
    yield f"{model} predicted {counted(right, 'row', 'rows')} of {scored.rows:,}: {output}"
    if scored.absent:
        absent = listed(list(scored.absent), 10)
        yield f"The table has no {absent}: all rows were predicted without."
    if scored.refused:
        told = [f"{name} ({count:,})" for name, count in scored.faults.most_common(_MOST_COLUMNS)]
        yield (
            f"{counted(scored.refused, 'row was', 'rows were')} refused, for {listed(told)}: "
            f"{refused} has each with its reason"
        )
