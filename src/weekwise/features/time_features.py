"""What a timestamp says by itself: the day of the week, the time of day, holidays near it.

The table `CALENDAR_FEATURES` names each feature once; a model keeps the names it was fitted with,
so a feature added here reaches new models and leaves old ones as they were.
"""

from __future__ import annotations

import math
from calendar import day_name
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, datetime
from functools import cached_property, lru_cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from weekwise.errors import ContractError

Days = npt.NDArray[np.datetime64]
Floats = npt.NDArray[np.float64]

HOLIDAY_REACH = 7
"""Days from a holiday beyond which its distance no longer matters."""

_EPOCH_YEAR = 1970
_FAR_AWAY = 10**8
_MONDAY_SHIFT = 3  # 1970-01-01, day 0 of datetime64, was a Thursday


@dataclass(frozen=True)
class Moments:
    """Timestamps, with what more than one feature needs of them worked out once.

    Attributes:
        times: Local times, shape (n,), any datetime64 unit; NaT where there is none.
        country: The country whose public holidays count, as an ISO 3166 code; none if none do.
    """

    times: npt.NDArray[np.datetime64]
    country: str | None

    @cached_property
    def days(self) -> Days:
        """The date of each timestamp, shape (n,)."""
        return self.times.astype("datetime64[D]")

    @cached_property
    def holidays_around(self) -> tuple[Floats, Floats]:
        """Days since the last and until the next public holiday, each shape (n,), 0 on the day."""
        known = ~np.isnat(self.days)
        since, until = np.full(len(known), np.nan), np.full(len(known), np.nan)
        if known.any():
            days = self.days[known].astype(np.int64)
            years = np.unique(
                self.days[known].astype("datetime64[Y]").astype(np.int64) + _EPOCH_YEAR
            )
            marks = _holidays_around(self.country, tuple(years.tolist()))
            after = np.searchsorted(marks, days, side="left")
            last = np.searchsorted(marks, days, side="right") - 1
            until[known], since[known] = marks[after] - days, days - marks[last]
        return since, until


@dataclass(frozen=True)
class CalendarFeature:
    """One number that follows from a timestamp.

    Attributes:
        title: A short name for people.
        description: What the number is, with its range.
        compute: Moments of n timestamps to n numbers, NaN where there is no timestamp.
        of_time: Whether it follows from the minute of the day alone; the others, from the date.
        label: What a person calls one of its values, where that is not the number itself.
    """

    title: str
    description: str
    compute: Callable[[Moments], Floats]
    of_time: bool = False
    label: Callable[[int], str] | None = None


def calendar_values(
    moment: date | None, names: tuple[str, ...], *, country: str | None = None
) -> list[float]:
    """The named calendar features of one timestamp, equal to those of `calendar_features`.

    What a day or a minute gives is worked out once and remembered, so that a row costs a
    microsecond.

    Args:
        moment: A local time; a date counts as its midnight; none gives NaN.
        names: Keys of `CALENDAR_FEATURES`.
        country: The country whose public holidays count, as an ISO 3166 code; none if none do.

    Raises:
        ContractError: If a name or the country is unknown.
    """
    if moment is None:
        return [math.nan] * len(names)
    if not isinstance(moment, datetime):
        return list(_values_of_day(moment, names, country))
    values = _values_of_day(moment.date(), names, country)
    minute = moment.hour * 60 + moment.minute
    return [
        of_day if of_minute is None else of_minute
        for of_day, of_minute in zip(values, _values_of_minute(minute, names), strict=True)
    ]


def calendar_features(
    times: npt.NDArray[np.datetime64], names: Iterable[str], *, country: str | None = None
) -> dict[str, Floats]:
    """The named calendar features of some timestamps.

    Args:
        times: Local times, shape (n,), any datetime64 unit; NaT where there is none.
        names: Keys of `CALENDAR_FEATURES`.
        country: The country whose public holidays count, as an ISO 3166 code; none if none do.

    Returns:
        The features by name, in the order of `names`, each shape (n,).

    Raises:
        ContractError: If a name or the country is unknown.
    """
    moments = Moments(times=times, country=country)
    return {name: calendar_feature(name).compute(moments) for name in names}


def calendar_feature(name: str) -> CalendarFeature:
    """Look a calendar feature up.

    Raises:
        ContractError: If there is none of that name.
    """
    try:
        return CALENDAR_FEATURES[name]
    except KeyError:
        raise ContractError(
            f"there is no calendar feature {name!r}; use some of: {', '.join(CALENDAR_FEATURES)}"
        ) from None


def _since(moments: Moments, unit: str, step: str) -> Floats:
    """Whole `step`s since the start of the `unit` that holds each timestamp."""
    steps = moments.times.astype(f"datetime64[{step}]")
    passed = steps - moments.days.astype(f"datetime64[{unit}]").astype(steps.dtype)
    return np.where(np.isnat(passed), np.nan, passed.astype(np.int64))


def _day_of_week(moments: Moments) -> Floats:
    weekday = (moments.days.astype(np.int64) + _MONDAY_SHIFT) % 7
    return np.where(np.isnat(moments.days), np.nan, weekday)


def _holiday_offset(moments: Moments) -> Floats:
    since, until = moments.holidays_around
    return np.where(until < since, -until, since).clip(-HOLIDAY_REACH, HOLIDAY_REACH)


CALENDAR_FEATURES: Mapping[str, CalendarFeature] = MappingProxyType(
    {
        "day_of_week": CalendarFeature(
            "Day of week",
            "0 on Monday to 6 on Sunday",
            _day_of_week,
            label=day_name.__getitem__,
        ),
        "minute_of_day": CalendarFeature(
            "Minute of day",
            "0 to 1439",
            lambda moments: _since(moments, "D", "m"),
            of_time=True,
            label=lambda minute: f"{minute // 60:02}:{minute % 60:02}",
        ),
        "day_of_month": CalendarFeature(
            "Day of month", "1 to 31", lambda moments: _since(moments, "M", "D") + 1
        ),
        "day_of_year": CalendarFeature(
            "Day of year", "1 to 366", lambda moments: _since(moments, "Y", "D") + 1
        ),
        "days_since_holiday": CalendarFeature(
            "Days since a public holiday",
            f"0 on the day, {HOLIDAY_REACH} for that many or more",
            lambda moments: np.minimum(moments.holidays_around[0], HOLIDAY_REACH),
        ),
        "days_to_holiday": CalendarFeature(
            "Days to a public holiday",
            f"0 on the day, {HOLIDAY_REACH} for that many or more",
            lambda moments: np.minimum(moments.holidays_around[1], HOLIDAY_REACH),
        ),
        "holiday_offset": CalendarFeature(
            "Days from the nearest public holiday",
            f"negative before it, 0 on the day, cut at {HOLIDAY_REACH} on either side",
            _holiday_offset,
        ),
    }
)
"""Every calendar feature by name."""


@lru_cache(maxsize=4096)
def _values_of_day(day: date, names: tuple[str, ...], country: str | None) -> tuple[float, ...]:
    """The features of a day's midnight."""
    times = np.array([day], dtype="datetime64[us]")
    features = calendar_features(times, names, country=country)
    return tuple(float(values[0]) for values in features.values())


@lru_cache(maxsize=4096)
def _values_of_minute(minute: int, names: tuple[str, ...]) -> tuple[float | None, ...]:
    """The features that follow from a minute of the day, none in the places of the others."""
    moments = Moments(times=np.array([minute], dtype="datetime64[m]"), country=None)
    features = map(calendar_feature, names)
    return tuple(
        float(feature.compute(moments)[0]) if feature.of_time else None for feature in features
    )


@lru_cache(maxsize=64)
def _holidays_around(country: str | None, years: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Public holidays of some years and their neighbors, as sorted days since 1970.

    The first and the last entry are no holidays: they are so far away that every day lies between.
    """
    near = sorted({year + step for year in years for step in (-1, 0, 1)})
    marks = [_holidays_of_year(country, year) for year in near if MINYEAR <= year <= MAXYEAR]
    return np.unique(np.concatenate([[-_FAR_AWAY], *marks, [_FAR_AWAY]])).astype(np.int64)


@lru_cache(maxsize=1024)
def _holidays_of_year(country: str | None, year: int) -> npt.NDArray[np.int64]:
    """Public holidays of one year, days of observance included, as days since 1970."""
    if country is None:
        raise ContractError(
            "holiday features need a country; set training.fit.country in the environment's "
            "parameters.yml to an ISO 3166 code, or list these features under drop_calendar"
        )
    import holidays

    try:
        days = holidays.country_holidays(country, years=year)
    except NotImplementedError:
        raise ContractError(
            f"no public holidays are known for country {country!r}; use an ISO 3166 code"
        ) from None
    return np.array(sorted(days), dtype="datetime64[D]").astype(np.int64)
