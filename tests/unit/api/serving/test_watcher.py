"""The watcher: what it does with every way in which a look at the registry can go."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import service

from api.metrics import PrometheusMetrics
from api.serving.loaded_model import Served
from api.serving.model_in_service import ModelStore
from api.serving.registry_reader import NothingInServiceError, UnreachableError
from api.serving.watcher import LONGEST_PAUSE, Watcher
from weekwise.errors import RegistryError
from weekwise.model.release import Release

POLL = 10.0


@dataclass
class FakeCopy:
    """A local copy that is there or not."""

    kept: Served | None = None

    def load(self) -> Served | None:
        """What is kept."""
        return self.kept


@dataclass
class FakeRegistry:
    """A registry whose answers a test writes down.

    Attributes:
        champion: What the alias points to, or why nothing is found.
        broken: Versions that cannot be loaded.
        fetched: Versions that were asked for, in order.
    """

    champion: str | Exception
    broken: set[str] = field(default_factory=set)
    fetched: list[str] = field(default_factory=list)
    copy: FakeCopy = field(default_factory=FakeCopy)

    def look(self) -> Release:
        """What the alias points to."""
        if isinstance(self.champion, Exception):
            raise self.champion
        return model(self.champion).release

    def fetch(self, release: Release) -> Served:
        """Load a version."""
        self.fetched.append(release.version)
        if release.version in self.broken:
            raise RegistryError("/secret/path: truncated")
        return model(release.version)


@dataclass
class Clock:
    """A clock that a test sets."""

    now: float = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def model(version: str) -> Served:
    """A version."""
    return service.served_trains(version)


def watcher(registry: FakeRegistry, clock: Clock | None = None) -> Watcher:
    """A watcher of a registry."""
    reader: Any = registry
    return Watcher(reader, ModelStore(), PrometheusMetrics(), POLL, clock or Clock())


def look(one: Watcher) -> str | None:
    """Look once; the version in service then."""
    asyncio.run(one.look())
    current = one.store.current
    return None if current is None else current.version


def reloads(one: Watcher, outcome: str) -> str:
    """How often a look went that way."""
    body = bytes(one.metrics.answer().body).decode()
    name = f'weekwise_model_reloads_total{{outcome="{outcome}"}} '
    (line,) = [line for line in body.splitlines() if line.startswith(name)]
    return line.removeprefix(name)


def test_follows_the_alias() -> None:
    """A new champion takes the old one's place, and the same one is not loaded again."""
    registry = FakeRegistry("1")
    one = watcher(registry)

    assert [look(one), look(one)] == ["1", "1"]
    registry.champion = "2"
    assert look(one) == "2"
    registry.champion = "1"
    assert look(one) == "1"

    assert registry.fetched == ["1", "2", "1"]
    assert reloads(one, "swapped") == "3.0"
    assert one.store.state.problem is None


@pytest.mark.parametrize(
    ("error", "reachable", "outcome"),
    [
        (UnreachableError("MLflow cannot be read (OSError)"), False, "unreachable"),
        (NothingInServiceError("No version of a has the alias champion."), True, "nothing"),
        (ZeroDivisionError("/secret/path"), False, "unreachable"),
    ],
)
def test_no_news(error: Exception, reachable: bool, outcome: str) -> None:
    """Without an answer, or without an alias, the old version goes on, and that is told."""
    registry = FakeRegistry("1")
    one = watcher(registry)
    look(one)
    registry.champion = error

    assert look(one) == "1"

    facts = one.store.facts()
    assert facts.registry == ("ok" if reachable else "unreachable")
    assert facts.problem is not None
    assert "Version 1 goes on." in facts.problem
    assert "/secret" not in facts.problem
    assert reloads(one, outcome) == "1.0"

    registry.champion = "1"
    look(one)
    assert one.store.facts().problem is None


def test_a_broken_version() -> None:
    """A version that cannot be loaded leaves the old one in service, and says so without paths."""
    registry = FakeRegistry("1", broken={"2"})
    one = watcher(registry)
    look(one)
    registry.champion = "2"

    assert look(one) == "1"
    problem = one.store.facts().problem or ""
    assert problem.startswith("Version 2 of tested cannot be served; version 1 goes on.")
    assert "/secret" not in problem
    assert reloads(one, "failed") == "1.0"


def test_a_broken_version_is_left_alone() -> None:
    """It is tried again after pauses that double up to a limit, and at once when another comes."""
    clock, registry = Clock(), FakeRegistry("2", broken={"2"})
    one = watcher(registry, clock)
    tries = []
    for _ in range(2000):
        before = len(registry.fetched)
        look(one)
        if len(registry.fetched) > before:
            tries.append(clock.now)
        clock.now += POLL
        if len(tries) == 9:
            break

    pauses = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert pauses[:4] == [POLL, 2 * POLL, 4 * POLL, 8 * POLL]
    assert pauses[-1] == LONGEST_PAUSE
    registry.champion = "3"
    assert look(one) == "3"


def test_mended() -> None:
    """A version that was broken is served once it can be loaded."""
    clock, registry = Clock(), FakeRegistry("1", broken={"1"})
    one = watcher(registry, clock)
    assert look(one) is None
    registry.broken.clear()
    clock.now += POLL

    assert look(one) == "1"


def test_starts_from_the_copy() -> None:
    """A start while MLflow is away serves the copy, which MLflow confirms once it is back."""
    registry = FakeRegistry(UnreachableError("away"))
    registry.copy.kept = replace(model("4"), source="local copy")
    one = watcher(registry)

    async def start() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(one.run(), 0.3)

    asyncio.run(start())
    assert one.store.facts().source == "local copy"
    assert one.store.facts().registry == "unreachable"

    registry.champion = "4"
    assert look(one) == "4"
    assert one.store.facts().source == "registry"
    assert registry.fetched == []
