"""Plan a build of the features: only what is new is built.

A week is built again if something that its rows follow from has changed since it was built: rows of
a table, by a hash of each of their weeks; the contracts, the settings and the code; or what the run
may know. All other weeks stay as they are in the store, and come out the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import ibis

from weekwise import __version__
from weekwise.contract.model import Contract
from weekwise.features.build_plan import BuildPlan, BuiltWeeks, FeatureSource, Reach
from weekwise.features.fingerprint import text_hash
from weekwise.features.past_aggregates import pasts
from weekwise.features.week_content import WEEK, WeekContent
from weekwise.features.window import Window

_MAKERS = ("weekwise.contract", "weekwise.features")
"""The packages whose code makes features of rows."""


def plan_build(
    sources: Mapping[str, FeatureSource],
    contract: Contract,
    window: Window,
    built: BuiltWeeks | None,
    *,
    reach_days: int = 0,
    settings: Sequence[str] = (),
    makers: Collection[str] = (),
) -> BuildPlan:
    """Find the weeks of the features that are to be built.

    Args:
        sources: The tables they are made of, by name.
        contract: The features' contract.
        window: The run's place in time.
        built: From what the stored weeks were built; none if the store does not keep that.
        reach_days: How far from a row, before or after it, lie the rows of `sources` that it is
            made of; what its contract's aggregates take comes on top.
        settings: Whatever else features follow from, as text.
        makers: Names of packages or modules whose code makes them, beside Weekwise's own.
    """
    if contract.time is None or built is None:
        return BuildPlan()
    reach = Reach.of(contract, window, reach_days)
    settled = window.history_end(contract) - timedelta(days=reach.ahead)
    contents = {name: source.contents() for name, source in sources.items()}
    now = BuiltWeeks(
        rules=_rules(sources, contract, window, [*settings, *map(_code_hash, makers)]),
        settled=settled,
        tables={
            name: {week: content for week, content in weeks.items() if week is not None}
            for name, weeks in contents.items()
        },
        undated={name: weeks[None] for name, weeks in contents.items() if None in weeks},
    )
    if built.rules != now.rules or built.undated != now.undated or not built.stored:
        return BuildPlan(built=now)
    # A run knows no more of what is dated in these weeks than that it is to come.
    open_from = min(settled, built.settled)
    open_from -= timedelta(days=open_from.weekday())
    known = {
        *built.stored,
        *built.figures,
        *(week for weeks in now.tables.values() for week in weeks),
    }
    changed = _changed(built.tables, now.tables)
    stale = {week for week in known if week < open_from and _follows(week, changed, reach)}
    plan = BuildPlan(
        whole=False,
        weeks=tuple(sorted(stale)),
        open_from=open_from,
        reach=reach,
        built=now,
        as_of=window.as_of,
    )
    kept = {week: figures for week, figures in built.figures.items() if not plan.is_built(week)}
    return replace(plan, built=now.model_copy(update={"figures": kept}))


def _rules(
    sources: Mapping[str, FeatureSource],
    contract: Contract,
    window: Window,
    settings: Iterable[str],
) -> str:
    engines = {source.table.get_backend() for source in sources.values()}
    parts = [
        __version__,
        ibis.__version__,
        *sorted(f"{engine.name} {engine.version}" for engine in engines),
        *map(_code_hash, _MAKERS),
        contract.hash,
        *(f"{name} {source.contract and source.contract.hash}" for name, source in sources.items()),
        str(window.horizon_days),
        *settings,
    ]
    if pasts(contract):
        # Each row is given what the last run before it knew: the runs' weekday counts.
        parts.append(str(window.as_of.toordinal() % window.horizon_days))
    return text_hash(*parts)


def _code_hash(name: str) -> str:
    """A hash of the code of a package or module."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return name
    origin = Path(spec.origin)
    files = sorted(origin.parent.rglob("*.py")) if spec.submodule_search_locations else [origin]
    return text_hash(*(file.read_text("utf-8") for file in files))


def _changed(
    before: Mapping[str, Mapping[date, WeekContent]], now: Mapping[str, Mapping[date, WeekContent]]
) -> set[date]:
    """The weeks in which a table holds something else than before."""
    return {
        week
        for name in {*before, *now}
        for week in {*before.get(name, {}), *now.get(name, {})}
        if before.get(name, {}).get(week) != now.get(name, {}).get(week)
    }


def _follows(week: date, changed: Collection[date], reach: Reach) -> bool:
    """Whether rows of a week may follow from what has changed."""
    last = week + WEEK + timedelta(days=reach.ahead)
    if reach.back is None:
        return any(each < last for each in changed)
    first = week - timedelta(days=reach.back)
    return any(first < each + WEEK and each < last for each in changed)
