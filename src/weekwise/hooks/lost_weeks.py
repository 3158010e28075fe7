"""Whether reports, store and registry know the same weeks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kedro.io import CatalogProtocol

from weekwise.errors import StoreError
from weekwise.files import is_whole
from weekwise.paths import DataFolder
from weekwise.wording import counted

REPORT = "weekly_report"
MONITORING_LOG = "monitoring_log"


@dataclass(frozen=True)
class LostWeeks:
    """Weeks that have a report, and that something else has lost.

    Attributes:
        store: Those that the store does not know.
        registry: Those that the registry does not know.
    """

    store: tuple[date, ...] = ()
    registry: tuple[date, ...] = ()

    @property
    def weeks(self) -> set[date]:
        """All of them."""
        return {*self.store, *self.registry}

    def refuse(self, data: DataFolder, registered_model: str, option: str = "") -> None:
        """Raise an error if there are any: a run would take them for weeks that never were.

        Args:
            data: The environment's data folder.
            registered_model: The registered model's name.
            option: What ends a command that is shown to people: ` --env NAME`, or nothing.

        Raises:
            StoreError: With what is lost, and the two ways to get it back.
        """
        where = []
        if self.store:
            where.append(f"the store {data.store} has lost {named_weeks(self.store)}")
        if self.registry:
            where.append(
                f"the registry of {registered_model} has lost {named_weeks(self.registry)}"
            )
        if where:
            raise StoreError(
                f"{' and '.join(where)}: their reports are in {data.reporting}. Put a backup of "
                "the data folder back, or run these weeks again with: "
                f"{backfill_command(self.weeks, option)}"
            )


def lost_weeks(
    reported: Iterable[date], stored: Collection[date], judged: Collection[date]
) -> LostWeeks:
    """Compare what three places know.

    Args:
        reported: Weeks with a complete report, which a run writes last.
        stored: Weeks in the store's monitoring log.
        judged: Weeks whose challenger the registry knows.
    """
    weeks = sorted(reported)
    return LostWeeks(
        store=tuple(week for week in weeks if week not in stored),
        registry=tuple(week for week in weeks if week not in judged),
    )


def lost_files(data: DataFolder, as_of: date) -> list[Path]:
    """Files of complete earlier weeks that are gone, empty or cut off; no later run needs them.

    Args:
        data: The environment's data folder.
        as_of: The run's logical date.

    Returns:
        The files; of figures and results of the gate, whose names differ from week to week, those
        that are damaged, or their folder if it has none.
    """
    files: list[Path] = []
    for week in data.weeks():
        if week < as_of:
            folder = data.week(week)
            files += [
                folder.weekly_page,
                folder.exploration_page,
                folder.exploration,
                folder.selected_features,
                folder.evaluation,
                folder.verdict,
                folder.model_card,
                data.predictions(week),
                *_files_in(folder.figures, "*.html"),
                *_files_in(folder.gate, "*.json"),
            ]
    return [file for file in files if not is_whole(file)]


def _files_in(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder, in order, or the folder itself if it has none."""
    return sorted(folder.glob(pattern)) or [folder]


def lost_reports(data: DataFolder, stored: Collection[date], as_of: date) -> list[date]:
    """Earlier weeks that were run, and whose report is gone, empty or cut off, in order.

    Args:
        data: The environment's data folder.
        stored: Weeks in the store's monitoring log.
        as_of: The run's logical date.
    """
    run = {*stored, *(week for week, _ in data.reports())}
    return sorted(week for week in run.difference(data.weeks()) if week < as_of)


def stored_weeks(catalog: CatalogProtocol[Any, Any]) -> set[date]:
    """The weeks in the store's monitoring log."""
    log = catalog.load(MONITORING_LOG)
    days = log.select("as_of").distinct().to_pyarrow()["as_of"].to_pylist()
    return {date.fromisoformat(str(day)[:10]) for day in days if day is not None}


def backfill_command(weeks: Collection[date], option: str) -> str:
    """What to type to run weeks again.

    Args:
        weeks: The weeks, at least one.
        option: What ends the command: ` --env NAME`, or nothing.
    """
    return f"kedro weekly backfill --from {min(weeks)} --to {max(weeks)}{option}"


def named_weeks(weeks: Sequence[date]) -> str:
    """Weeks for a sentence.

    Args:
        weeks: The weeks in order, at least one.
    """
    if len(weeks) == 1:
        return f"the week of {weeks[0]}"
    return f"{counted(len(weeks), 'week', 'weeks')}, {weeks[0]} to {weeks[-1]}"
