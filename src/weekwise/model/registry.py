"""The model registry: versions, champion and challenger, and how they came to be.

All state lies in MLflow: a version's fingerprint, figures and verdict are its tags, the history of
the aliases and each run's nomination are tags of the registered model. Every operation may be cut
short anywhere and repeated. One process at a time may write.
"""

from __future__ import annotations

import getpass
import logging
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, ErrorCode

from weekwise.errors import LostModelError, RegistryError
from weekwise.model.alias_history import (
    CHALLENGER,
    CHAMPION,
    Action,
    AliasEvent,
    ChangeSource,
    History,
)
from weekwise.model.alias_log import AliasLog, Change
from weekwise.model.contenders import Candidate
from weekwise.model.model_files import PREDICTOR, TWIN, copied
from weekwise.model.predictor import Predictor
from weekwise.model.run_tags import RunTags
from weekwise.model.training_record import TrainingRecord
from weekwise.model.verdict import Decision, Verdict

if TYPE_CHECKING:
    import pandas as pd

FINGERPRINT = "fingerprint"
WEEKLY_RUN = "weekly run"

_DESCRIPTION_LIMIT = 5000  # characters, of MLflow's own database column

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RegisteredVersion:
    """One version of the registered model.

    Attributes:
        version: Its number, as text.
        aliases: The aliases that point to it.
        created: When it was registered.
        tags: Its tags: `as_of`, `train_start`, `train_end`, `fingerprint`, `verdict`, `loss`…
    """

    version: str
    aliases: tuple[str, ...]
    created: datetime
    tags: Mapping[str, str]


class Registry:
    """One registered model in the MLflow registry that MLflow is set to use.

    Args:
        name: The registered model's name.
        client: The registry; by default the one MLflow is set to use.
    """

    def __init__(self, name: str, client: MlflowClient | None = None) -> None:
        self.name = name
        self._client = client or MlflowClient()
        self._log = AliasLog(self._client, name)
        self._runs = RunTags(self._client, name)

    def register(
        self,
        predictor: Predictor,
        *,
        fingerprint: str,
        example: pd.DataFrame,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Register a predictor, once: a fingerprint that is known gives the version it has.

        The model is logged to the active MLflow run first. A process killed before the version is
        made leaves a logged model that nothing points to.

        Args:
            predictor: What to register.
            fingerprint: What tells its training from every other.
            example: A few raw rows of its contract.
            tags: Further tags for the version.

        Returns:
            The version.
        """
        from weekwise.model.pyfunc import log_predictor

        known = self._find(fingerprint)
        if known is not None and self._is_readable(known):
            return known
        self._create()
        logged = log_predictor(predictor, example)
        record = predictor.record
        made = self._client.create_model_version(
            self.name,
            logged.model_uri,
            run_id=logged.run_id,
            model_id=logged.model_id,
            tags={
                **(tags or {}),
                FINGERPRINT: fingerprint,
                "as_of": record.as_of.isoformat(),
                **_dates(record),
                "rows": str(record.rows),
                "contract_hash": predictor.contract.hash,
            },
        )
        return str(made.version)

    def load(self, version: str) -> Predictor:
        """The predictor that was registered as a version, with its twin if it has one.

        Raises:
            LostModelError: If there is no such version, or its files are gone or damaged.
            RegistryError: If its files cannot be had now.
        """
        self.version(version)
        with tempfile.TemporaryDirectory() as scratch:
            served = self._read(version, PREDICTOR, Path(scratch))
            if served.record.judged is None:
                return served
            return replace(served, twin=self._read(version, f"artifacts/{TWIN}", Path(scratch)))

    def _read(self, version: str, path: str, folder: Path) -> Predictor:
        files = copied(self.name, version, path, folder)
        try:
            return Predictor.load(files)
        except (RegistryError, OSError) as error:
            raise LostModelError(
                f"the files of {self.name} version {version} are damaged: {error}"
            ) from error

    def version(self, version: str) -> RegisteredVersion:
        """One version.

        Raises:
            LostModelError: If there is none of that number.
        """
        versions = {known.version: known for known in self.versions()}
        if version not in versions:
            there = ", ".join(versions) or "none yet; make one with: kedro run"
            raise LostModelError(f"{self.name} has no version {version}; its versions: {there}")
        return versions[version]

    def versions(self) -> list[RegisteredVersion]:
        """All versions, the newest first."""
        model = self._log.registered_model()
        aliases = {} if model is None else model.aliases
        registered = self._search(f"name = '{self.name}'")
        return [
            RegisteredVersion(
                version=str(each.version),
                aliases=tuple(
                    alias for alias, at in aliases.items() if str(at) == str(each.version)
                ),
                created=datetime.fromtimestamp(each.creation_timestamp / 1000).astimezone(),
                tags=dict(each.tags),
            )
            for each in sorted(registered, key=lambda each: int(each.version), reverse=True)
        ]

    def history(self) -> History:
        """What happened to the aliases."""
        return self._log.read()

    def champion(self) -> str | None:
        """The version in service, if there is one."""
        return self.history().current(CHAMPION)

    def champion_for(self, as_of: date) -> str | None:
        """The version that the run of a week predicts with, once judged."""
        expected = self._runs.expected(as_of)
        return expected.version if expected else self.history().champion_for(as_of)

    def champion_before(self, as_of: date) -> str | None:
        """The version that the challenger of a week is judged against."""
        return self.history().champion_before(as_of)

    def record_candidate(self, as_of: date, nomination: Candidate) -> None:
        """Remember what a run brings to the promotion gate."""
        self._create()
        self._runs.record_candidate(as_of, nomination)

    def candidate(self, as_of: date) -> Candidate:
        """What a run brought to the promotion gate.

        Raises:
            RegistryError: If no run of that date got so far.
        """
        candidate = self._runs.candidate(as_of)
        if candidate is None:
            raise RegistryError(
                f"no challenger for {self.name} as of {as_of}; train one with: "
                f"kedro run --pipeline model_training --params as_of={as_of}"
            )
        return candidate

    def judged_weeks(self) -> set[date]:
        """The as-of dates of the runs that brought something to the promotion gate."""
        return self._runs.judged_weeks()

    def record_verdict(self, verdict: Verdict) -> None:
        """Keep a verdict: tags and description on the version, and who predicts from here on.

        No alias moves: `carry_out` does that, once the run has its report.

        Args:
            verdict: The promotion gate's verdict.
        """
        self._annotate(verdict)
        moves = [
            version
            for alias, _, version in self._moves(verdict, self.history())
            if alias == CHAMPION
        ]
        if moves:
            self._runs.expect(verdict.as_of, moves[-1])
        else:
            self._runs.forget_expected(verdict.as_of)

    def is_carried_out(self, as_of: date) -> bool:
        """Whether the champion is where the verdict of a run moves it."""
        return self._runs.candidate(as_of) is not None and self._runs.expected(as_of) is None

    def carry_out(self, verdict: Verdict, who: str = WEEKLY_RUN) -> None:
        """Move the aliases as a verdict asks.

        Repeated, it changes nothing more; a person's rollback since then stands.

        Args:
            verdict: The promotion gate's verdict.
            who: Who carries it out.
        """
        if verdict.decision is Decision.DRY_RUN:
            return
        self._log.note_judged(verdict.as_of)
        history = self._log.settle()
        for alias, action, version in self._moves(verdict, history):
            change = Change(
                alias=alias,
                action=action,
                version=version,
                who=who,
                why=verdict.headline,
                kind=ChangeSource.RUN,
                as_of=verdict.as_of,
            )
            self._log.append(change)
        self._runs.forget_expected(verdict.as_of)

    @staticmethod
    def _moves(verdict: Verdict, history: History) -> list[tuple[str, Action, str | None]]:
        return [] if verdict.decision is Decision.DRY_RUN else _changes(verdict, history)

    def promote(self, version: str, *, why: str, who: str | None = None) -> AliasEvent:
        """Make a version champion.

        Args:
            version: The version.
            why: The reason, for the history.
            who: The person; by default the user of this machine.

        Raises:
            RegistryError: If there is no such version, or it is the champion already.
        """
        self.version(version)
        history = self._log.settle()
        if history.current(CHAMPION) == version:
            raise RegistryError(f"version {version} of {self.name} is the champion already")
        event = self._by_hand(CHAMPION, Action.PROMOTE, version, why, who)
        if history.current(CHALLENGER) == version:
            self._by_hand(CHALLENGER, Action.CLEAR, None, "It became champion.", who)
        return event

    def rollback(self, *, why: str, who: str | None = None) -> AliasEvent:
        """Make the champion before the present one champion again.

        Args:
            why: The reason, for the history.
            who: The person; by default the user of this machine.

        Raises:
            RegistryError: If there was no champion before.
        """
        there = {known.version for known in self.versions()}
        line = self._log.settle().champions_before_current()
        target = next((version for version in line if version in there), None)
        if target is None:
            raise RegistryError(
                f"{self.name} has no earlier champion to go back to; "
                "see: kedro model list, and choose one with: kedro model promote VERSION --why …"
            )
        return self._by_hand(CHAMPION, Action.ROLLBACK, target, why, who)

    def _by_hand(
        self, alias: str, action: Action, version: str | None, why: str, who: str | None
    ) -> AliasEvent:
        person = who or _user()
        return self._log.append(
            Change(
                alias=alias,
                action=action,
                version=version,
                who=person,
                why=why,
                kind=ChangeSource.MANUAL,
            )
        )

    def _annotate(self, verdict: Verdict) -> None:
        """Put a verdict on the version it is about."""
        version = verdict.challenger_version
        if version is None:
            return
        tags = {"verdict": str(verdict.decision), "verdict_headline": verdict.headline}
        for name, metrics in (("", verdict.challenger), ("champion_", verdict.champion)):
            if metrics is not None and metrics.loss is not None:
                tags[f"{name}loss"] = f"{metrics.loss:.6f}"
        for key, value in tags.items():
            self._client.set_model_version_tag(self.name, version, key, value)
        text = verdict.markdown()[:_DESCRIPTION_LIMIT]
        self._client.update_model_version(self.name, version, description=text)

    def _find(self, fingerprint: str) -> str | None:
        """The version of a fingerprint: the oldest, should two runs have made one each.

        One whose files were lost has a newer one that was made in its place.
        """
        same = self._search(f"name = '{self.name}' and tags.{FINGERPRINT} = '{fingerprint}'")
        versions = sorted((str(each.version) for each in same), key=int)
        readable = (version for version in versions[:-1] if self._is_readable(version))
        return next(readable, versions[-1] if versions else None)

    def _is_readable(self, version: str) -> bool:
        try:
            self.load(version)
        except LostModelError as error:
            logger.warning("it is registered anew: %s", error)
            return False
        return True

    def _search(self, query: str) -> list[ModelVersion]:
        versions: list[ModelVersion] = []
        token = None
        while True:
            page = self._client.search_model_versions(query, page_token=token)
            versions += page
            token = page.token
            if not token:
                return versions

    def _create(self) -> None:
        try:
            self._client.create_registered_model(self.name)
        except MlflowException as error:
            if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
                raise


def _changes(verdict: Verdict, history: History) -> list[tuple[str, Action, str | None]]:
    """The changes of aliases that a verdict still asks for."""
    champions = history.during(CHAMPION, verdict.as_of)
    challenger = verdict.challenger_version
    if verdict.promotes:
        by_run = [event for event in champions if event.kind is ChangeSource.RUN]
        if by_run and by_run[-1].version == challenger:
            return []
        return [(CHAMPION, Action.PROMOTE, challenger)]
    changes: list[tuple[str, Action, str | None]] = []
    before = history.champion_before(verdict.as_of)
    if champions and champions[-1].kind is ChangeSource.RUN and champions[-1].version != before:
        # The same week, run before with other settings, had promoted a model: that falls.
        changes.append((CHAMPION, Action.ROLLBACK if before else Action.CLEAR, before))
    losers = history.during(CHALLENGER, verdict.as_of)
    if challenger is not None and (not losers or losers[-1].version != challenger):
        changes.append((CHALLENGER, Action.PROMOTE, challenger))
    return changes


def _dates(record: TrainingRecord) -> dict[str, str]:
    """The dates of the rows a model has seen, where rows have a time."""
    dates = {"train_start": record.train_start, "train_end": record.train_end}
    if record.judged is not None:
        dates["judged_train_end"] = record.judged.train_end
    return {name: date.isoformat() for name, date in dates.items() if date is not None}


def _user() -> str:
    try:
        return getpass.getuser()
    except OSError:
        return "unknown"
