"""The watcher: what it does with every way in which a check of the registry can go."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from api.metrics import PrometheusMetrics
from api.serving.loaded_model import LoadedModel
from api.serving.model_in_service import ModelInService
from api.serving.registry_reader import NothingInServiceError, UnreachableError
from api.serving.retry_pause import LONGEST_PAUSE
from api.serving.watcher import Watcher
from loaded_models import loaded_trains
from weekwise.errors import RegistryError
from weekwise.model.release import Release

POLL = 10.0


@dataclass
class FakeCopy:
    """A local copy that is there or not."""

    stored: LoadedModel | None = None

    def load(self) -> LoadedModel | None:
        """What is kept."""
        return self.stored


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

    def release(self) -> Release:
        """What the alias points to."""
        if isinstance(self.champion, Exception):
            raise self.champion
        return model(self.champion).release

    def fetch(self, release: Release) -> LoadedModel:
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


def model(version: str) -> LoadedModel:
    """A version."""
    return loaded_trains(version)


def watcher(registry: FakeRegistry, clock: Clock | None = None) -> Watcher:
    """A watcher of a registry."""
    reader: Any = registry
    return Watcher(reader, ModelInService(), PrometheusMetrics(), POLL, clock or Clock())


def check(subject: Watcher) -> str | None:
    """Check once; the version in service then."""
    asyncio.run(subject.check())
    current = subject.model_in_service.current
    return None if current is None else current.version


def reloads(subject: Watcher, outcome: str) -> str:
    """How often a check went that way."""
    body = bytes(subject.metrics.response().body).decode()
    name = f'weekwise_model_reloads_total{{outcome="{outcome}"}} '
    (line,) = [line for line in body.splitlines() if line.startswith(name)]
    return line.removeprefix(name)


def test_follows_the_alias() -> None:
    """A new champion takes the old one's place, and the same one is not loaded again."""
    registry = FakeRegistry("1")
    subject = watcher(registry)

    assert [check(subject), check(subject)] == ["1", "1"]
    registry.champion = "2"
    assert check(subject) == "2"
    registry.champion = "1"
    assert check(subject) == "1"

    assert registry.fetched == ["1", "2", "1"]
    assert reloads(subject, "swapped") == "3.0"
    assert subject.model_in_service.registry_state.problem is None


@pytest.mark.parametrize(
    ("error", "reachable", "outcome"),
    [
        (UnreachableError("MLflow cannot be read (OSError)"), False, "unreachable"),
        (NothingInServiceError("No version of a has the alias champion."), True, "nothing"),
        (ZeroDivisionError("/secret/path"), False, "unreachable"),
    ],
)
def test_no_news(error: Exception, reachable: bool, outcome: str) -> None:
    """Without an answer, or without an alias, the old version goes on, and the facts say so."""
    registry = FakeRegistry("1")
    subject = watcher(registry)
    check(subject)
    registry.champion = error

    assert check(subject) == "1"

    facts = subject.model_in_service.facts()
    assert facts.registry == ("ok" if reachable else "unreachable")
    assert facts.problem is not None
    assert "Version 1 stays in service." in facts.problem
    assert "/secret" not in facts.problem
    assert reloads(subject, outcome) == "1.0"

    registry.champion = "1"
    check(subject)
    assert subject.model_in_service.facts().problem is None


def test_a_broken_version() -> None:
    """A version that cannot be loaded leaves the old one in service, and says so without paths."""
    registry = FakeRegistry("1", broken={"2"})
    subject = watcher(registry)
    check(subject)
    registry.champion = "2"

    assert check(subject) == "1"
    problem = subject.model_in_service.facts().problem or ""
    assert problem.startswith("Version 2 of tested cannot be served; version 1 stays in service.")
    assert "/secret" not in problem
    assert reloads(subject, "failed") == "1.0"


def test_a_broken_version_is_left_alone() -> None:
    """It is tried again after pauses that double up to a limit, and at once when another comes."""
    clock, registry = Clock(), FakeRegistry("2", broken={"2"})
    subject = watcher(registry, clock)
    tries = []
    for _ in range(2000):
        before = len(registry.fetched)
        check(subject)
        if len(registry.fetched) > before:
            tries.append(clock.now)
        clock.now += POLL
        if len(tries) == 9:
            break

    pauses = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert pauses[:4] == [POLL, 2 * POLL, 4 * POLL, 8 * POLL]
    assert pauses[-1] == LONGEST_PAUSE
    registry.champion = "3"
    assert check(subject) == "3"


def test_fixed() -> None:
    """A version that was broken is served once it can be loaded."""
    clock, registry = Clock(), FakeRegistry("1", broken={"1"})
    subject = watcher(registry, clock)
    assert check(subject) is None
    registry.broken.clear()
    clock.now += POLL

    assert check(subject) == "1"


def test_starts_from_the_copy() -> None:
    """A start while MLflow is away serves the copy, which MLflow confirms once it is back."""
    registry = FakeRegistry(UnreachableError("away"))
    registry.copy.stored = replace(model("4"), source="local copy")
    subject = watcher(registry)

    async def start() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(subject.run(), 0.3)

    asyncio.run(start())
    assert subject.model_in_service.facts().source == "local copy"
    assert subject.model_in_service.facts().registry == "unreachable"

    registry.champion = "4"
    assert check(subject) == "4"
    assert subject.model_in_service.facts().source == "registry"
    assert registry.fetched == []


def test_a_swap_tidies_the_heap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The heap is settled once at the start, and tidied after each swap and no other check."""
    calls: list[str] = []
    monkeypatch.setattr("api.serving.heap.settle", lambda: calls.append("settle"))
    monkeypatch.setattr("api.serving.heap.tidy", lambda: calls.append("tidy"))
    registry = FakeRegistry("1")
    subject = watcher(registry)
    subject.poll_seconds = 0.01

    async def follow() -> None:
        task = asyncio.create_task(subject.run())
        for calls_then, version in enumerate(("1", "2", "3"), start=1):
            registry.champion = version
            for _ in range(3_000):
                if len(calls) >= calls_then:
                    break
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        task.cancel()

    asyncio.run(follow())

    assert calls == ["settle", "tidy", "tidy"]
