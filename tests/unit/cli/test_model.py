from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner, Result

from weekwise.cli import model as command
from weekwise.errors import RegistryError
from weekwise.model.alias_history import CHAMPION, Action, AliasEvent, ChangeSource, History


@dataclass
class Version:
    """A version as the registry lists it."""

    version: str
    aliases: tuple[str, ...]
    tags: dict[str, str]
    created: datetime = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def an_event(action: Action, version: str, previous: str | None, why: str) -> AliasEvent:
    """A change of the champion."""
    return AliasEvent(
        number=1,
        alias=CHAMPION,
        action=action,
        version=version,
        previous=previous,
        who="ada",
        at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        why=why,
        as_of=date(2013, 7, 1),
        kind=ChangeSource.MANUAL,
        settled=True,
    )


@dataclass
class FakeRegistry:
    """A registry that keeps what it was asked for."""

    name: str = "late_trains"
    registered: list[Version] = field(default_factory=list)
    events: list[AliasEvent] = field(default_factory=list)

    @property
    def versions(self) -> FakeRegistry:
        """Its versions."""
        return self

    def all(self) -> list[Version]:
        """All versions."""
        return self.registered

    def history(self) -> History:
        """All changes."""
        return History.of(self.events)

    def promote(self, version: str, *, why: str) -> AliasEvent:
        """Promote a version that is there."""
        if version not in {each.version for each in self.registered}:
            raise RegistryError(f"late_trains has no version {version}; its versions: 2, 1")
        self.events.append(an_event(Action.PROMOTE, version, "1", why))
        return self.events[-1]

    def rollback(self, *, why: str) -> AliasEvent:
        """Go back to version 1."""
        self.events.append(an_event(Action.ROLLBACK, "1", "2", why))
        return self.events[-1]


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> FakeRegistry:
    """The registry that the commands use."""
    fake = FakeRegistry()

    @contextmanager
    def opened(env: str | None) -> Iterator[FakeRegistry]:
        assert env in (None, "test")
        yield fake

    monkeypatch.setattr(command, "open_registry", opened)
    return fake


def invoke(*arguments: str) -> Result:
    """Run a command as `kedro model` does, on a terminal wide enough."""
    return CliRunner(env={"COLUMNS": "160"}).invoke(command.model, arguments)


def test_list(registry: FakeRegistry) -> None:
    """Each version has a row with its alias, dates, verdict and loss."""
    tags = {
        "as_of": "2013-07-08",
        "train_end": "2013-06-24",
        "verdict": "promoted",
        "loss": "0.412345",
    }
    registry.registered = [Version("2", ("champion",), tags), Version("1", (), {})]

    result = invoke("list")

    assert result.exit_code == 0
    row = next(line for line in result.output.splitlines() if "champion" in line)
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells == [
        "2",
        "champion",
        "2013-07-08",
        "2013-06-24",
        "promoted",
        "0.4123",
        "2026-01-02",
    ]


@pytest.mark.parametrize(
    ("name", "hint"), [("list", "make one with: kedro run"), ("history", "kedro run makes")]
)
@pytest.mark.usefixtures("registry")
def test_nothing_to_show(name: str, hint: str) -> None:
    """An empty registry says what to do and is no error."""
    result = invoke(name)

    assert result.exit_code == 0
    assert hint in result.output


def test_promote(registry: FakeRegistry) -> None:
    """Promoting says from where to where, and passes the reason on."""
    registry.registered = [Version("2", (), {})]

    result = invoke("promote", "2", "--why", "Better on rainy days.", "--env", "test")

    assert result.exit_code == 0
    assert result.output == "The champion is version 2 now; it was version 1.\n"
    assert registry.events[0].why == "Better on rainy days."


def test_rollback_and_history(registry: FakeRegistry) -> None:
    """A rollback shows in the history with who, from, to and why."""
    assert invoke("rollback", "--why", "Too many alarms.").exit_code == 0

    result = invoke("history")

    row = next(line for line in result.output.splitlines() if "Too many alarms." in line)
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells == [
        "2026-01-02 03:04",
        "champion",
        "2",
        "1",
        "2013-07-01",
        "ada",
        "Too many alarms.",
    ]
    assert len(registry.events) == 1


@pytest.mark.usefixtures("registry")
def test_wrong_input_is_one_line() -> None:
    """A version that is not there is one clear line and exit status 1."""
    result = invoke("promote", "7", "--why", "test")

    assert result.exit_code == 1
    assert result.output == "Error: late_trains has no version 7; its versions: 2, 1\n"


@pytest.mark.parametrize("arguments", [("promote", "2"), ("rollback",)])
def test_a_reason_is_asked_for(registry: FakeRegistry, arguments: tuple[str, ...]) -> None:
    """Without a reason nothing happens."""
    result = invoke(*arguments)

    assert result.exit_code != 0
    assert "--why" in result.output
    assert registry.events == []
