"""What happened to the aliases: every change with who, when, from, to and why.

The history decides and the aliases follow it: an event is written first, the alias is moved after,
so that an interrupted change is finished by whoever comes next. An event also says which run it
belongs to (`as_of`), so that the champion of any week can be told, whatever was done since.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from weekwise.contract.frozen import Frozen

CHAMPION = "champion"
CHALLENGER = "challenger"


class ChangeSource(StrEnum):
    """Who changes an alias."""

    RUN = "run"
    """A weekly run, by its verdict."""
    MANUAL = "manual"
    """A person, by command."""
    OUTSIDE = "outside"
    """Somebody who moved the alias in MLflow itself; found afterwards."""


class Action(StrEnum):
    """What a change of an alias is."""

    PROMOTE = "promote"
    """A version gets the alias."""
    ROLLBACK = "rollback"
    """The alias goes back to where it was."""
    CLEAR = "clear"
    """The alias is taken away."""


class AliasEvent(Frozen):
    """One change of an alias.

    Attributes:
        number: Its place in the order of events, from 1.
        alias: The alias.
        action: What the change is.
        version: The version the alias goes to, if any.
        previous: The version it came from, if any.
        who: The person or the run.
        at: When, in UTC.
        why: The reason given.
        as_of: The run it belongs to: for a person's change, the newest one judged at the time.
        kind: Who changes it: a run, a person, or somebody outside.
        moved: Whether the alias itself moved; an old week judged again leaves it where it is.
        settled: Whether the alias is known to have followed.
    """

    number: int
    alias: str
    action: Action
    version: str | None
    previous: str | None
    who: str
    at: datetime
    why: str
    as_of: date
    kind: ChangeSource
    moved: bool = True
    settled: bool = False


@dataclass(frozen=True)
class History:
    """All events of a registered model.

    Attributes:
        events: In the order they happened.
    """

    events: tuple[AliasEvent, ...] = ()

    @classmethod
    def of(cls, events: Iterable[AliasEvent]) -> History:
        """A history from events in any order."""
        return cls(tuple(sorted(events, key=lambda event: event.number)))

    @property
    def next_number(self) -> int:
        """The number of the event to come."""
        return self.events[-1].number + 1 if self.events else 1

    @property
    def newest_as_of(self) -> date | None:
        """The newest run that any event belongs to."""
        return max((event.as_of for event in self.events), default=None)

    def current(self, alias: str) -> str | None:
        """The version the alias is at."""
        moves = [event for event in self.events if event.alias == alias and event.moved]
        return moves[-1].version if moves else None

    def during(self, alias: str, as_of: date) -> list[AliasEvent]:
        """An alias' events that belong to one run, in the order they happened."""
        return [event for event in self.events if event.alias == alias and event.as_of == as_of]

    def is_newest(self, alias: str, as_of: date) -> bool:
        """Whether no event of an alias belongs to a later run."""
        return all(event.as_of <= as_of for event in self.events if event.alias == alias)

    def champion_for(self, as_of: date) -> str | None:
        """The champion once a run has been judged: what that run predicts with."""
        return self._last(event for event in self.events if event.as_of <= as_of)

    def champion_before(self, as_of: date) -> str | None:
        """The champion a run finds: what its challenger is judged against."""
        return self._last(event for event in self.events if event.as_of < as_of)

    def first_champion(self, as_of: date) -> str | None:
        """The champion of the earliest run before a run, if that run had one."""
        dates = [event.as_of for event in self.events if event.alias == CHAMPION and event.version]
        first = min(dates, default=as_of)
        return self.champion_for(first) if first < as_of else None

    def champions_before_current(self) -> list[str]:
        """Versions to roll back to, the latest first, each having been champion in turn.

        A promotion adds a champion; a rollback takes the last one off again.
        """
        line: list[str] = []
        for event in self.events:
            if event.alias != CHAMPION or not event.moved or event.version is None:
                continue
            if event.action is Action.ROLLBACK:
                while line and line[-1] != event.version:
                    line.pop()
            if not line or line[-1] != event.version:
                line.append(event.version)
        return line[-2::-1]

    @staticmethod
    def _last(events: Iterable[AliasEvent]) -> str | None:
        """Where the last run's last event leaves the champion alias."""
        theirs = [event for event in events if event.alias == CHAMPION]
        last = max(theirs, key=lambda event: (event.as_of, event.number), default=None)
        return None if last is None else last.version
