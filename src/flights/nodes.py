"""From flights, weather and planes to one table of features. Every node is Ibis in, Ibis out."""

from __future__ import annotations

from math import ceil

import ibis
from ibis import _

from flights.params import WranglingParams
from weekwise.contract.model import Contract
from weekwise.features.aggregates import with_aggregates
from weekwise.features.build_plan import BuildPlan, BuiltWeeks, FeatureSource
from weekwise.features.built_rows import ROWS, WeekRows, build_weeks
from weekwise.features.conform import conform, count_rows
from weekwise.features.stale_weeks import plan_build
from weekwise.features.week_hashes import WeekHashes
from weekwise.features.window import Window
from weekwise.reports.wrangling_summary import WranglingSummary, summarize_features

HOURS_A_DAY = 24
MINUTES_AN_HOUR = 60


def name_sources(
    flights: ibis.Table,
    weather: ibis.Table,
    flights_contract: Contract,
    weather_contract: Contract,
) -> dict[str, FeatureSource]:
    """The tables that features are made of week by week, each with what it is.

    Args:
        flights: The feed's flights.
        weather: The feed's weather.
        flights_contract: What the flights are.
        weather_contract: What the weather is.
    """
    return {
        "flights": FeatureSource(flights, flights_contract),
        "weather": FeatureSource(weather, weather_contract),
    }


def plan_weeks(
    sources: dict[str, FeatureSource],
    planes: ibis.Table,
    features_contract: Contract,
    wrangling: WranglingParams,
    window: Window,
    built_weeks: BuiltWeeks | None,
) -> tuple[BuildPlan, ibis.Table, ibis.Table]:
    """Which weeks of the features are built, and the flights and weather they follow from.

    Args:
        sources: The tables that features are made of week by week.
        planes: The feed's planes; they have no weeks, so where they change, all features are built.
        features_contract: What the features are.
        wrangling: Its hours of weather say how far back and ahead a flight's weather reaches.
        window: The run's place in time.
        built_weeks: From what the stored features were built, if that is kept.
    """
    plan = plan_build(
        {**sources, "planes": FeatureSource(planes)},
        features_contract,
        window,
        built_weeks,
        # Hours of the feed are UTC's, and days of the features New York's: a day apart at most.
        reach_days=1 + ceil(wrangling.weather_hours / HOURS_A_DAY),
        settings=[wrangling.model_dump_json()],
        makers=["flights"],
    )
    return (
        plan,
        plan.rows_to_read(sources["flights"]),
        plan.rows_to_read(sources["weather"]),
    )


def clean_flights(
    flights: ibis.Table, flights_contract: Contract, wrangling: WranglingParams
) -> ibis.Table:
    """Flights of the contract's types, without duplicates, with their departure and outcome.

    Args:
        flights: The feed's flights.
        flights_contract: Their contract.
        wrangling: `late_after_minutes` says when a flight is late.

    Returns:
        The contract's columns and `scheduled_departure` (New York time), `canceled`, `diverted`
        and `late`, which is missing for a flight that has not arrived.
    """
    clean = conform(flights, flights_contract)
    departure = ibis.timestamp(
        clean.year,
        clean.month,
        clean.day,
        clean.sched_dep_time // 100,
        clean.sched_dep_time % 100,
        ibis.literal(0),
    )
    return clean.mutate(
        scheduled_departure=departure,
        canceled=clean.dep_time.isnull(),
        diverted=clean.dep_time.notnull() & clean.arr_delay.isnull(),
        late=clean.arr_delay > wrangling.late_after_minutes,
    )


def clean_weather(
    weather: ibis.Table, weather_contract: Contract, wrangling: WranglingParams
) -> ibis.Table:
    """Weather of the contract's types, without duplicates, with figures of the hours around.

    Args:
        weather: The feed's weather, an airport and hour a row.
        weather_contract: Its contract.
        wrangling: `weather_hours` says how far back and how far ahead the rolling figures reach,
            the hour itself included.

    Returns:
        The contract's columns and, over the hours up to each, `recent_precip` (sum, in),
        `recent_visib` (least, mi), `recent_humid` (mean, %) and `recent_gust` (most, mph; an hour
        without gusts counts with its wind); over the hours from each on, `coming_precip`,
        `coming_visib` and `coming_gust` in the same way.
    """
    clean = conform(weather, weather_contract)
    now, reach = ibis.interval(hours=0), ibis.interval(hours=wrangling.weather_hours - 1)
    by_hour = {"group_by": clean.origin, "order_by": clean.time_hour}
    recent = ibis.range_window(preceding=reach, following=now, **by_hour)
    coming = ibis.range_window(preceding=now, following=reach, **by_hour)
    gust = ibis.coalesce(clean.wind_gust, clean.wind_speed)
    return clean.mutate(
        recent_precip=clean.precip.sum().over(recent),
        recent_visib=clean.visib.min().over(recent),
        recent_humid=clean.humid.mean().over(recent),
        recent_gust=gust.max().over(recent),
        coming_precip=clean.precip.sum().over(coming),
        coming_visib=clean.visib.min().over(coming),
        coming_gust=gust.max().over(coming),
    )


def build_features(
    clean_flights: ibis.Table,
    clean_weather: ibis.Table,
    planes: ibis.Table,
    features_contract: Contract,
    window: Window,
) -> ibis.Table:
    """The model's own table: past flights with an outcome, and the upcoming ones.

    Past flights without an outcome, canceled or diverted, are left out: they are neither late nor
    on time, and nothing about them is still to be predicted. Where the contract counts departures
    they count too: a schedule is published before anybody cancels.

    Args:
        clean_flights: Flights with `scheduled_departure` and `late`.
        clean_weather: Weather by `origin` and `time_hour`.
        planes: Planes by `tailnum`.
        features_contract: The contract of the table to build.
        window: The run's place in time.

    Returns:
        The contract's columns, in no order.
    """
    # Flights have these columns as well.
    weather = clean_weather.drop("year", "month", "day", "hour")
    joined = (
        clean_flights.left_join(weather, ["origin", "time_hour"])
        .drop("origin_right", "time_hour_right")
        .left_join(planes.select("tailnum", plane_year=_.year, seats=_.seats), "tailnum")
    )
    # A live feed may already have outcomes of the day of the run, which the run may not know.
    known = joined.scheduled_departure.date() < ibis.literal(window.as_of)
    scheduled = conform(
        joined.mutate(
            scheduled_duration=_clock_minutes(joined.sched_arr_time, joined.sched_dep_time),
            late=known.ifelse(joined.late, ibis.null("boolean")),
            as_of=ibis.literal(window.as_of),
        ),
        features_contract,
    )
    dates = scheduled.scheduled_departure.date()
    wanted = scheduled.filter(
        dates < ibis.literal(window.end), (dates >= ibis.literal(window.as_of)) | _.late.notnull()
    )
    return with_aggregates(wanted, scheduled, features_contract, window)


def build_planned_weeks(
    clean_flights: ibis.Table,
    clean_weather: ibis.Table,
    planes: ibis.Table,
    features_contract: Contract,
    window: Window,
    weeks_to_build: BuildPlan,
) -> tuple[WeekRows, dict[str, int]]:
    """The features of the weeks to build, and how many flights became what in all weeks.

    Args:
        clean_flights: Flights that these weeks follow from.
        clean_weather: Weather that they follow from.
        planes: Planes by `tailnum`.
        features_contract: The contract of the table to build.
        window: The run's place in time.
        weeks_to_build: Which weeks are built.
    """
    past = clean_flights.scheduled_departure.date() < ibis.literal(window.as_of)
    return build_weeks(
        build_features(clean_flights, clean_weather, planes, features_contract, window),
        clean_flights,
        features_contract,
        weeks_to_build,
        {"canceled": past & clean_flights.canceled, "diverted": past & clean_flights.diverted},
    )


def _clock_minutes(
    end: ibis.expr.types.NumericValue, start: ibis.expr.types.NumericValue
) -> ibis.expr.types.NumericValue:
    """Minutes from one HHMM clock time to the next occurrence of another."""
    day = HOURS_A_DAY * MINUTES_AN_HOUR

    def minutes(clock: ibis.expr.types.NumericValue) -> ibis.expr.types.NumericValue:
        return clock // 100 * MINUTES_AN_HOUR + clock % 100

    return (minutes(end) - minutes(start) + day) % day


def summarize_wrangling(
    flights: ibis.Table,
    weather: ibis.Table,
    cleaned_rows: dict[str, int],
    features: ibis.Table,
    features_contract: Contract,
    window: Window,
    known_hashes: WeekHashes,
) -> tuple[WranglingSummary, WeekHashes]:
    """What came in, what was left out and why, and what came out.

    Args:
        flights: The feed's flights.
        weather: The feed's weather.
        cleaned_rows: How many flights there were after cleaning, and were canceled or diverted.
        features: The table that was built.
        features_contract: Its contract.
        window: The run's place in time.
        known_hashes: What an earlier run found of the features' weeks.
    """
    rows_in = {"flights": count_rows(flights), "weather": count_rows(weather)}
    return summarize_features(
        features,
        features_contract,
        window,
        rows_in=rows_in,
        duplicates_dropped=rows_in["flights"] - cleaned_rows[ROWS],
        left_out={name: rows for name, rows in cleaned_rows.items() if name != ROWS},
        known_hashes=known_hashes,
    )
