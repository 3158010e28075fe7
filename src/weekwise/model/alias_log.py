"""The history of the aliases, kept in MLflow as tags of the registered model.

An event is written before its alias moves and marked settled after, so that a process killed in
between leaves a change that `settle` finishes. An alias that moved with no event was moved in
MLflow itself, and is taken as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from mlflow import MlflowClient
from mlflow.entities.model_registry import RegisteredModel
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode
from pydantic import ValidationError

from weekwise.model.alias_history import (
    CHALLENGER,
    CHAMPION,
    Action,
    AliasEvent,
    ChangeSource,
    History,
)

_EVENT = "alias_event."
_NEWEST_JUDGED = "newest_judged"
_DAWN = date(1, 1, 1)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Change:
    """A change of an alias that is asked for.

    Attributes:
        alias: The alias.
        action: What the change is.
        version: The version the alias is to go to, if any.
        who: The person or the run.
        why: The reason.
        as_of: The run it belongs to; none means the newest one judged.
        kind: Whether a run or a person asks.
    """

    alias: str
    action: Action
    version: str | None
    who: str
    why: str
    kind: ChangeSource
    as_of: date | None = None


@dataclass(frozen=True)
class AliasLog:
    """The aliases of one registered model, and what happened to them.

    Attributes:
        client: The registry.
        name: The registered model.
        now: The clock, in UTC.
    """

    client: MlflowClient
    name: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def read(self) -> History:
        """All events, and one more for each alias that was moved in MLflow itself."""
        model = self.registered_model()
        return History() if model is None else self._read(model)

    def registered_model(self) -> RegisteredModel | None:
        """The registered model, if there is one yet."""
        try:
            return self.client.get_registered_model(self.name)
        except MlflowException as error:
            if error.error_code == ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
                return None
            raise

    def note_judged(self, as_of: date) -> None:
        """Remember the newest run that was judged: a person's change belongs to it."""
        model = self.registered_model()
        if model is not None and as_of > _newest_judged(model):
            self._tag(_NEWEST_JUDGED, as_of.isoformat())

    def settle(self) -> History:
        """Finish what a killed process left, write down what was done outside, and read all."""
        history = self.read()
        for event in history.events:
            if not event.settled:
                self._carry_out(event)
        return self.read()

    def append(self, change: Change) -> AliasEvent:
        """Write a change down and move the alias.

        The alias stays where it is if an event of a later run has placed it already.
        """
        history = self.settle()
        model = self.registered_model()
        as_of = change.as_of or (_DAWN if model is None else _newest_known(model, history))
        event = AliasEvent(
            number=history.next_number,
            alias=change.alias,
            action=change.action,
            version=change.version,
            previous=history.current(change.alias),
            who=change.who,
            at=self.now(),
            why=change.why,
            as_of=as_of,
            kind=change.kind,
            moved=history.is_newest(change.alias, as_of),
        )
        self._write(event)
        self._carry_out(event)
        return event

    def _read(self, model: RegisteredModel) -> History:
        history = written_history(model)
        for alias in (CHAMPION, CHALLENGER):
            actual = _text(model.aliases.get(alias))
            pending = any(e.alias == alias and e.moved and not e.settled for e in history.events)
            if actual != history.current(alias) and not pending:
                history = History.of(
                    [*history.events, self._outside(alias, actual, model, history)]
                )
        return history

    def _outside(
        self, alias: str, actual: str | None, model: RegisteredModel, history: History
    ) -> AliasEvent:
        """The event of an alias that is not where the history left it."""
        return AliasEvent(
            number=history.next_number,
            alias=alias,
            action=Action.CLEAR if actual is None else Action.PROMOTE,
            version=actual,
            previous=history.current(alias),
            who="unknown",
            at=self.now(),
            why="The alias was moved in MLflow itself.",
            as_of=_newest_known(model, history),
            kind=ChangeSource.OUTSIDE,
        )

    def _carry_out(self, event: AliasEvent) -> None:
        """Move the alias where an event says, then mark the event settled."""
        if event.moved and event.version is not None:
            self._move(event.alias, event.version)
        elif event.moved:
            self.client.delete_registered_model_alias(self.name, event.alias)
        self._write(event.model_copy(update={"settled": True}))

    def _move(self, alias: str, version: str) -> None:
        """Move an alias; it stays where it is if the version was deleted in MLflow itself."""
        try:
            self.client.set_registered_model_alias(self.name, alias, version)
        except MlflowException as error:
            if error.error_code != ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
                raise
            logger.warning("%s cannot move: version %s was deleted in MLflow", alias, version)

    def _write(self, event: AliasEvent) -> None:
        self._tag(f"{_EVENT}{event.number:06d}", event.model_dump_json())

    def _tag(self, key: str, value: str) -> None:
        self.client.set_registered_model_tag(self.name, key, value)


def written_history(model: RegisteredModel) -> History:
    """The events that are written down with a registered model."""
    events = (_event(key, value) for key, value in model.tags.items() if key.startswith(_EVENT))
    return History.of(event for event in events if event is not None)


def _event(key: str, value: str) -> AliasEvent | None:
    """An event as it was written; none if somebody has changed its tag in MLflow itself."""
    try:
        return AliasEvent.model_validate_json(value)
    except ValidationError:
        logger.warning("tag %s of the registered model is no event any more; left out", key)
        return None


def _newest_judged(model: RegisteredModel) -> date:
    try:
        return date.fromisoformat(model.tags.get(_NEWEST_JUDGED, ""))
    except ValueError:
        return _DAWN


def _newest_known(model: RegisteredModel, history: History) -> date:
    """The newest run that was judged or that an event belongs to."""
    return max(_newest_judged(model), history.newest_as_of or _DAWN)


def _text(version: str | int | None) -> str | None:
    return None if version is None else str(version)
