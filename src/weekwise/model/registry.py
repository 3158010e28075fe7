"""The model registry: versions, champion and challenger, and how they came to be.

All state lies in MLflow: a version's fingerprint, figures and verdict are its tags, the history of
the aliases and each run's nomination are tags of the registered model. Every operation may be cut
short anywhere and repeated. One process at a time may write.
"""

from __future__ import annotations

import getpass
from datetime import date

from mlflow import MlflowClient

from weekwise.errors import RegistryError
from weekwise.model.alias_history import (
    CHALLENGER,
    CHAMPION,
    Action,
    AliasEvent,
    ChangeSource,
    History,
)
from weekwise.model.alias_log import AliasLog, Change
from weekwise.model.alias_moves import asked_moves
from weekwise.model.contenders import Candidate
from weekwise.model.registered_versions import RegisteredVersions
from weekwise.model.run_tags import RunTags
from weekwise.model.verdict import Decision, Verdict

WEEKLY_RUN = "weekly run"


class Registry:
    """One registered model in the MLflow registry that MLflow is set to use.

    Args:
        name: The registered model's name.
        client: The registry; by default the one MLflow is set to use.

    Attributes:
        name: The registered model's name.
        versions: Its versions.
    """

    def __init__(self, name: str, client: MlflowClient | None = None) -> None:
        client = client or MlflowClient()
        self.name = name
        self._log = AliasLog(client, name)
        self._runs = RunTags(client, name)
        self.versions = RegisteredVersions(self._log)

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
        self.versions.create()
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
        self.versions.annotate(verdict)
        moves = [
            version
            for alias, _, version in asked_moves(verdict, self.history())
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
        for alias, action, version in asked_moves(verdict, history):
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

    def promote(self, version: str, *, why: str, who: str | None = None) -> AliasEvent:
        """Make a version champion.

        Args:
            version: The version.
            why: The reason, for the history.
            who: The person; by default the user of this machine.

        Raises:
            RegistryError: If there is no such version, its files cannot be read, or it is the
                champion already.
        """
        self.versions.get(version)
        history = self._log.settle()
        if history.current(CHAMPION) == version:
            raise RegistryError(f"version {version} of {self.name} is the champion already")
        self.versions.load(version)
        event = self._by_hand(CHAMPION, Action.PROMOTE, version, why, who)
        if history.current(CHALLENGER) == version:
            self._by_hand(CHALLENGER, Action.CLEAR, None, "It became champion.", who)
        return event

    def rollback(self, *, why: str, who: str | None = None) -> AliasEvent:
        """Make the champion before the present one champion again.

        One that was deleted, or whose files are lost, is passed over.

        Args:
            why: The reason, for the history.
            who: The person; by default the user of this machine.

        Raises:
            RegistryError: If there was no champion before, or its files cannot be had now.
        """
        for version in self._log.settle().champions_before_current():
            if self.versions.is_readable(version, otherwise=f"version {version} is passed over"):
                return self._by_hand(CHAMPION, Action.ROLLBACK, version, why, who)
        raise RegistryError(
            f"{self.name} has no earlier champion to go back to; "
            "see: kedro model list, and choose one with: kedro model promote VERSION --why …"
        )

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


def _user() -> str:
    try:
        return getpass.getuser()
    except OSError:
        return "unknown"
