"""Weeks of a large table that were found good, and by what they are known again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import ibis
import pandas as pd
from pydantic import Field, ValidationError

from weekwise.contract.frozen import Frozen
from weekwise.contract.model import Contract
from weekwise.features.engines import ENGINES
from weekwise.features.week_content import WeekContent, monday_of, week_contents
from weekwise.paths import replace_whole
from weekwise.quality import gx


class CheckedWeeks(Frozen):
    """Weeks that kept the contract when they were last looked at.

    Attributes:
        rules: The contract's hash, and the versions of what checked and hashed.
        weeks: What each held, by its Monday.
    """

    rules: str = ""
    weeks: dict[date, WeekContent] = Field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> CheckedWeeks:
        """What earlier runs left; nothing if that cannot be read: then all is looked at again."""
        try:
            return cls.model_validate_json(path.read_text("utf-8"))
        except (OSError, ValidationError):
            return cls()

    def write(self, path: Path) -> None:
        """Leave it to later runs, complete or not at all."""
        replace_whole(path, self.model_dump_json())

    def unchanged(self, now: CheckedWeeks) -> set[date]:
        """The weeks that are as they were when they were found good.

        Args:
            now: What the table's weeks hold.
        """
        if self.rules != now.rules:
            return set()
        return {week for week, content in now.weeks.items() if self.weeks.get(week) == content}


def weeks_of(table: ibis.Table, contract: Contract) -> CheckedWeeks:
    """What a table's weeks hold, computed by its engine; no weeks where that cannot be.

    Args:
        table: The table.
        contract: What it must be.
    """
    engine = table.get_backend()
    rules = f"{contract.hash} {gx.load().__version__} {engine.version}"
    week = week_of(table, contract)
    if week is None or engine.name not in ENGINES:
        return CheckedWeeks(rules=rules)
    contents = week_contents(table, week, table.columns)
    return CheckedWeeks(
        rules=rules,
        weeks={week: content for week, content in contents.items() if week is not None},
    )


def week_of(table: ibis.Table, contract: Contract) -> ibis.expr.types.DateValue | None:
    """The Monday of each row's week, as the engine has it; none without times of its own."""
    if contract.time is None or contract.time not in table.columns:
        return None
    time = table[contract.time]
    if not (time.type().is_date() or time.type().is_timestamp()):
        return None
    return monday_of(time)


def mondays(times: pd.Series) -> set[date]:
    """The weeks of some times, as `week_of` has them.

    Args:
        times: Dates or times, as they arrived; those that are missing are of no week.
    """
    days = pd.to_datetime(times.dropna(), utc=True).dt.tz_localize(None).dt.normalize()
    return set((days - pd.to_timedelta(days.dt.day_of_week, unit="D")).dt.date)
