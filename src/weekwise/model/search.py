"""A small search for settings: candidates race over past weeks, and few finish.

Each candidate is one change to the settings of an environment. It is judged as a backtest judges,
by models that know what a run of each week would have known; the holdout of a run has no part in
it. A candidate that is credibly behind the settings as they are is left out of further weeks, as in
Maron and Moore, "Hoeffding races", NeurIPS 1993; those ahead stay, since they may pay together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from pydantic import Field

from weekwise.contract.frozen import Frozen
from weekwise.contract.model import Contract
from weekwise.features.read_values import Floats
from weekwise.model.training_record import FitParams

CONFIGURED = "as configured"
HALF_LIVES = (60.0, 180.0)
DEPTHS = (4, 8)
LEAST_WEEKS = 3
"""Weeks that a candidate is judged on before it may be left out, or chosen."""
BEHIND = 2.0
"""A candidate this many standard errors behind the settings as they are is left out."""
_WITHOUT_LIMIT = 10**9


class SettingsChange(Frozen):
    """A change to the settings.

    Attributes:
        name: What is changed, for people.
        changes: The parameters that differ, by group, as `parameters.yml` has them; empty for the
            settings as they are, and for what is only compared with.
        served: Whether it can be chosen. What is only compared with cannot.
    """

    name: str
    changes: dict[str, Any] = Field(default_factory=dict)
    served: bool = True


class Place(Frozen):
    """A candidate's place on the leaderboard.

    Attributes:
        name: The candidate's name.
        weeks: How many weeks it was judged on.
        loss: Its mean loss of a row over these weeks.
        gain: By how much its loss is under that of the settings as they are, on the same weeks.
        error: The standard error of that over weeks; none of a single week.
        served: Whether it could be chosen.
        chosen: Whether it was.
    """

    name: str
    weeks: int
    loss: float
    gain: float
    error: float | None
    served: bool
    chosen: bool

    @property
    def result(self) -> str:
        """What became of it, for people; empty where there is nothing to say."""
        if self.chosen:
            return "chosen"
        return "" if self.served else "not served"


class Search(Frozen):
    """What a search found. It stands among the settings that it chose, and is empty before one.

    Attributes:
        as_of: The run that built the features it went back over; none before a search.
        weeks: How many past weeks it went back.
        leaderboard: All candidates: those judged on most weeks first, then by gain.
    """

    as_of: date | None = None
    weeks: int = 0
    leaderboard: tuple[Place, ...] = ()


def candidates(
    fit: FitParams, contract: Contract, *, rows: int, holdout_days: int, drop: Sequence[str]
) -> tuple[SettingsChange, ...]:
    """What is tried on a table: the settings as they are, then one change each.

    Args:
        fit: The settings as they are.
        contract: What a row is.
        rows: How many rows there are to learn from; of classes, rows times classes.
        holdout_days: How many of the newest days are held out.
        drop: The features that are dropped already.
    """

    def fitted(name: str, **changes: Any) -> SettingsChange:
        return SettingsChange(name=name, changes={"training": {"fit": changes}})

    now = fit.recency_half_life_days
    found = [SettingsChange(name=CONFIGURED)]
    found += [
        fitted(f"rows weigh half after {days:.0f} days", recency_half_life_days=days)
        for days in HALF_LIVES
        if days != now
    ]
    if now is not None:
        found.append(fitted("all rows weigh alike", recency_half_life_days=None))
    found += [
        fitted(f"trees of depth {depth}", depth=depth) for depth in DEPTHS if depth != fit.depth
    ]
    if fit.small_for(rows) is None:
        # A small table's steps are slow already, and settings by hand would undo its own.
        of_rows = fit.of_rows(rows)
        found.append(
            fitted(
                "half the learning rate, twice the trees",
                learning_rate=of_rows.learning_rate / 2,
                iterations=of_rows.iterations * 2,
            )
        )
    if fit.drop_calendar:
        found.append(fitted("all calendar features", drop_calendar=[]))
    if contract.aggregates:
        without = {"exploration": {"drop": sorted({*drop, *contract.aggregates})}}
        found.append(SettingsChange(name="without aggregates", changes=without))
    if rows > fit.blend_max_rows > 0:
        found.append(fitted("blended with a linear model", blend_max_rows=_WITHOUT_LIMIT))
    days = 7 if holdout_days > 7 else 14  # noqa: PLR2004 - a week or two
    found.append(
        SettingsChange(
            name=f"a holdout of {days} days", changes={"training": {"holdout_days": days}}
        )
    )
    return tuple(found)


@dataclass
class Race:
    """Candidates over past weeks.

    Attributes:
        racers: Whoever takes part, the settings as they are first.
        loss_of: Gives a candidate's mean loss of the rows of a week.
        go_on: Whether there is time left.
    """

    racers: Sequence[SettingsChange]
    loss_of: Callable[[SettingsChange, date], float]
    go_on: Callable[[], bool]
    losses: dict[str, dict[date, float]] = field(default_factory=dict)

    def run(self, weeks: Sequence[date]) -> None:
        """Judge the candidates week by week, as long as there is time and someone to beat.

        A week that not all who are left have been judged on does not count.

        Args:
            weeks: The weeks, those to be judged first in front.
        """
        left = list(self.racers)
        for week in weeks:
            found: dict[str, float] = {}
            for candidate in left:
                if not self.go_on():
                    return
                found[candidate.name] = self.loss_of(candidate, week)
            for name, loss in found.items():
                self.losses.setdefault(name, {})[week] = loss
            left = self._left(left)

    def enter(self, candidate: SettingsChange) -> None:
        """Judge one more candidate on the weeks that the settings as they are were judged on."""
        found: dict[date, float] = {}
        for week in self.weeks:
            if not self.go_on():
                return
            found[week] = self.loss_of(candidate, week)
        self.racers = [*self.racers, candidate]
        self.losses[candidate.name] = found

    @property
    def weeks(self) -> list[date]:
        """The weeks that count."""
        return list(self.losses.get(CONFIGURED, {}))

    @property
    def winners(self) -> list[SettingsChange]:
        """Those that are credibly ahead of the settings as they are, the best first."""
        able = [each for each in self.racers if each.served and each.name in self.losses]
        ahead = [each for each in able if self._pays(each)]
        return sorted(ahead, key=lambda each: -self._gain(each)[0])

    def leaderboard(self, chosen: SettingsChange) -> tuple[Place, ...]:
        """All that were judged: those on most weeks first, then by gain."""
        places = [self._place(each, chosen) for each in self.racers if each.name in self.losses]
        return tuple(sorted(places, key=lambda place: (-place.weeks, -place.gain)))

    def _left(self, racing: Sequence[SettingsChange]) -> list[SettingsChange]:
        """Those not credibly behind the settings as they are."""
        if len(self.weeks) < LEAST_WEEKS:
            return list(racing)

        def behind(each: SettingsChange) -> bool:
            gain, error = self._gain(each)
            return error is not None and -gain > BEHIND * error

        return [each for each in racing if not behind(each)]

    def _pays(self, candidate: SettingsChange) -> bool:
        gain, error = self._gain(candidate)
        weeks = len(self.losses[candidate.name])
        enough = weeks >= LEAST_WEEKS and weeks == len(self.weeks)
        return enough and error is not None and gain > error

    def _gain(self, candidate: SettingsChange) -> tuple[float, float | None]:
        own, base = self.losses[candidate.name], self.losses[CONFIGURED]
        return _mean(np.array([base[week] - loss for week, loss in own.items()]))

    def _values(self, candidate: SettingsChange) -> Floats:
        return np.array(list(self.losses[candidate.name].values()), dtype=np.float64)

    def _place(self, candidate: SettingsChange, chosen: SettingsChange) -> Place:
        gain, error = self._gain(candidate)
        return Place(
            name=candidate.name,
            weeks=len(self.losses[candidate.name]),
            loss=float(self._values(candidate).mean()),
            gain=gain,
            error=error,
            served=candidate.served,
            chosen=candidate.name == chosen.name,
        )


def combined(
    winners: Sequence[SettingsChange], merge: Callable[..., dict[str, Any]]
) -> SettingsChange:
    """All changes that pay, as one candidate; of two changes to one setting the better one.

    Args:
        winners: At least two, the best first.
        merge: Lays one mapping over another.
    """
    changes: dict[str, Any] = {}
    for winner in reversed(winners):
        changes = merge(changes, winner.changes)
    return SettingsChange(name=" + ".join(winner.name for winner in winners), changes=changes)


def _mean(values: Floats) -> tuple[float, float | None]:
    """A mean with its standard error, which a single value does not have."""
    if values.size < 2:  # noqa: PLR2004 - a spread needs two
        return float(values.mean()), None
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size))
