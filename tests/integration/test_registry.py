"""The registry on a real MLflow store: SQLite and a folder of artifacts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

import stores
from trains import CONTRACT, predictor, train_end, trains
from weekwise.contract.type_facts import TaskName
from weekwise.errors import LostModelError, RegistryError
from weekwise.model.alias_history import CHALLENGER, CHAMPION, ChangeSource
from weekwise.model.contenders import Candidate
from weekwise.model.fitting import refit
from weekwise.model.promotion import Comparison
from weekwise.model.registered_versions import RegisteredVersions
from weekwise.model.registry import Registry
from weekwise.model.verdict import Decision, Verdict, not_retrained

NAME = "late_trains"
WEEK = [train_end() + timedelta(weeks=n) for n in range(5)]
EXAMPLE = trains(2)
MANY = 30


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    """An empty store that MLflow is set to use, with an experiment and an active run."""
    stores.make_empty(tmp_path / "mlflow.db")
    with stores.in_use(f"sqlite:///{tmp_path / 'mlflow.db'}"):
        experiment = mlflow.create_experiment("test", artifact_location=str(tmp_path / "artifacts"))
        with mlflow.start_run(experiment_id=experiment):
            yield tmp_path


@pytest.fixture
def registry(store: Path) -> Registry:
    """The registry on that store."""
    assert store.exists()
    return Registry(NAME)


def register(registry: Registry, fingerprint: str) -> str:
    """Register the same trees under some fingerprint."""
    return registry.versions.register(
        predictor(), fingerprint=fingerprint, example=EXAMPLE, tags={"data_hash": "d"}
    )


def a_version(registry: Registry) -> str:
    """A version with no files: what happens to aliases needs none."""
    client = MlflowClient()
    if not client.search_registered_models(f"name = '{registry.name}'"):
        client.create_registered_model(registry.name)
    return str(client.create_model_version(registry.name, source="nowhere").version)


def a_verdict(
    decision: Decision, week: int, challenger: str | None, champion: str | None
) -> Verdict:
    """A verdict of some week."""
    return Verdict(
        task=TaskName.BINARY,
        as_of=WEEK[week],
        decision=decision,
        reasons=("Because.",),
        challenger_version=challenger,
        champion_version=champion,
        comparison=Comparison(
            rows=1,
            days=1,
            difference=0,
            low=0,
            high=0,
            confidence=0.9,
            probability_better=0.5,
        ),
    )


def two_champions(registry: Registry) -> None:
    """Version 1 is first in week 0; version 2 replaces it in week 1."""
    for week, decision, before in ((0, Decision.FIRST, None), (1, Decision.PROMOTED, "1")):
        version = a_version(registry)
        carry_out(registry, a_verdict(decision, week, version, before))


def carry_out(registry: Registry, verdict: Verdict) -> None:
    """What a run does with its verdict: note it, and when the report is done carry it out."""
    registry.record_verdict(verdict)
    registry.carry_out(verdict)


def aliases(registry: Registry) -> dict[str, str]:
    """The aliases as MLflow itself has them."""
    found = MlflowClient().get_registered_model(registry.name).aliases
    return {alias: str(version) for alias, version in found.items()}


class TestRegister:
    """Versions: made once, found again, loaded."""

    def test_twice_is_one_version(self, registry: Registry) -> None:
        """The same fingerprint gives the same version, another one a new version."""
        assert register(registry, "a") == "1"
        assert register(registry, "a") == "1"
        assert register(registry, "b") == "2"
        assert [one.version for one in registry.versions.all()] == ["2", "1"]

    def test_tags(self, registry: Registry) -> None:
        """A version carries what tells its training from others, from the moment it exists."""
        tags = registry.versions.get(register(registry, "a")).tags

        record = predictor().record
        assert tags["fingerprint"] == "a"
        assert tags["data_hash"] == "d"
        assert tags["as_of"] == record.as_of.isoformat()
        assert tags["train_end"] == record.train_end.isoformat()
        assert tags["contract_hash"] == CONTRACT.hash

    def test_killed_before_the_version_is_made(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A run killed after logging leaves no version, and the next one makes it."""
        monkeypatch.setattr(MlflowClient, "create_model_version", _killed)
        with pytest.raises(KeyboardInterrupt):
            register(registry, "a")
        monkeypatch.undo()

        assert registry.versions.all() == []
        assert register(registry, "a") == "1"
        assert len(registry.versions.all()) == 1

    def test_loaded_is_what_was_registered(self, registry: Registry) -> None:
        """The predictor comes back with its contract and predicts the same, bit for bit."""
        loaded = registry.versions.load(register(registry, "a"))

        assert loaded.inputs == predictor().inputs
        assert loaded.record == predictor().record
        rows = trains(3, seed=5)
        assert np.array_equal(loaded.predict(rows), predictor().predict(rows))

    def test_a_twin_comes_with_it(self, registry: Registry) -> None:
        """A model that was fitted again comes with its twin; far from here it predicts alone."""
        rows = trains()
        served = refit(predictor(20), trains(20), rows[rows["departure"] >= str(train_end(20))])

        version = registry.versions.register(served, fingerprint="twice", example=EXAMPLE)

        loaded = registry.versions.load(version)
        assert loaded.twin is not None
        assert loaded.record == served.record
        assert np.array_equal(loaded.predict(EXAMPLE), served.predict(EXAMPLE))
        assert np.array_equal(loaded.twin.predict(EXAMPLE), predictor(20).predict(EXAMPLE))
        far = mlflow.pyfunc.load_model(f"models:/{NAME}/{version}")
        own = loaded.inputs.raw
        example = EXAMPLE[own].dropna().astype({"cars": "float64"})
        predicted = far.predict(example)["probability"]
        assert np.array_equal(predicted, served.predict(EXAMPLE.loc[example.index]))
        tags = registry.versions.get(version).tags
        assert tags["train_end"] == str(train_end())
        assert tags["judged_train_end"] == str(train_end(20))

    def test_versions_that_are_not_there(self, registry: Registry) -> None:
        """An unknown version is an error that lists those there are."""
        with pytest.raises(RegistryError, match=r"has no version 1; .* none yet"):
            registry.versions.load("1")
        register(registry, "a")
        with pytest.raises(RegistryError, match="has no version 7; its versions: 1"):
            registry.promote("7", why="test")

    def test_lost_files(self, registry: Registry, store: Path) -> None:
        """A version whose files are gone is an error that says how to go on."""
        version = register(registry, "a")
        shutil.rmtree(store / "artifacts")

        with pytest.raises(LostModelError, match=r"version 1 cannot be had; .* promote"):
            registry.versions.load(version)

    def test_where_files_are_is_known(self, registry: Registry, store: Path) -> None:
        """A run looks there for those of all versions, to name the ones that are lost."""
        register(registry, "a")

        (known,) = registry.versions.all()

        assert known.model_id is not None
        files = store / "artifacts" / "models" / known.model_id / "artifacts"
        assert (files / "MLmodel").is_file()
        assert (files / "artifacts" / "predictor" / "model.cbm").is_file()

    def test_lost_files_are_registered_anew(self, registry: Registry, store: Path) -> None:
        """The week of a version whose files are gone makes it again, once, when it is run again."""
        register(registry, "a")
        shutil.rmtree(store / "artifacts")

        assert [register(registry, "a"), register(registry, "a")] == ["2", "2"]
        assert registry.versions.load("2").record == predictor().record

    def test_damaged_files(self, registry: Registry, store: Path) -> None:
        """A version whose files were overwritten is lost as well, and not read half."""
        version = register(registry, "a")
        for file in (store / "artifacts").rglob("*.json"):
            file.write_bytes(b"noise")

        with pytest.raises(LostModelError, match="version 1"):
            registry.versions.load(version)


class TestApply:
    """Verdicts carried out, interrupted, repeated."""

    def test_a_first_champion(self, registry: Registry) -> None:
        """A first champion gets the alias, its verdict as tags and text, and an event."""
        verdict = a_verdict(Decision.FIRST, 0, a_version(registry), None)

        carry_out(registry, verdict)

        assert aliases(registry) == {CHAMPION: "1"}
        version = registry.versions.get("1")
        assert version.tags["verdict"] == "first"
        text = MlflowClient().get_model_version(NAME, "1").description
        assert text == verdict.markdown()
        (event,) = registry.history().events
        assert (event.version, event.previous, event.kind) == ("1", None, ChangeSource.RUN)
        assert event.as_of == WEEK[0]
        assert event.why == "Version 1 becomes the first champion."

    def test_a_loser_is_the_challenger(self, registry: Registry) -> None:
        """A challenger that does not win gets its own alias and leaves the champion be."""
        two_champions(registry)

        carry_out(registry, a_verdict(Decision.KEPT, 2, a_version(registry), "2"))

        assert aliases(registry) == {CHAMPION: "2", CHALLENGER: "3"}

    @pytest.mark.parametrize(
        "verdict",
        [
            a_verdict(Decision.DRY_RUN, 2, "1", "2"),
            not_retrained(WEEK[2], TaskName.BINARY, "2", "No need."),
        ],
        ids=lambda verdict: verdict.decision,
    )
    def test_verdicts_that_move_nothing(self, registry: Registry, verdict: Verdict) -> None:
        """A dry run, and a run that trained nothing, leave aliases and history as they were."""
        two_champions(registry)
        before = registry.history()

        carry_out(registry, verdict)

        assert registry.history() == before
        assert aliases(registry) == {CHAMPION: "2"}

    def test_twice_is_once(self, registry: Registry) -> None:
        """A verdict applied again changes nothing."""
        two_champions(registry)
        kept = a_verdict(Decision.KEPT, 2, a_version(registry), "2")
        carry_out(registry, kept)
        before = (registry.history(), aliases(registry), registry.versions.all())

        carry_out(registry, kept)
        carry_out(registry, a_verdict(Decision.PROMOTED, 1, "2", "1"))

        assert (registry.history(), aliases(registry), registry.versions.all()) == before

    @pytest.mark.parametrize("decision", [Decision.PROMOTED, Decision.KEPT])
    @pytest.mark.slow
    @pytest.mark.usefixtures("store")
    def test_killed_anywhere(self, monkeypatch: pytest.MonkeyPatch, decision: Decision) -> None:
        """Killed before or after any write and run again, the end is the same."""
        for after in (False, True):
            for step in range(MANY):
                registry = Registry(f"{NAME}_{after}_{step}")
                two_champions(registry)
                verdict = a_verdict(decision, 2, a_version(registry), "2")
                with monkeypatch.context() as patch:
                    killed = _apply_killed_at(patch, step, registry, verdict, after=after)
                carry_out(registry, verdict)

                winner = "3" if decision is Decision.PROMOTED else "2"
                assert aliases(registry)[CHAMPION] == winner
                assert registry.champion_for(WEEK[2]) == winner
                assert registry.champion_before(WEEK[2]) == "2"
                assert [e.version for e in registry.history().events] == ["1", "2", "3"]
                assert all(event.settled for event in registry.history().events)
                if not killed:
                    break
            else:
                pytest.fail(f"apply makes more than the {MANY} writes that this test kills")

    def test_an_old_week_again(self, registry: Registry) -> None:
        """An old week judged anew keeps its own winner and does not touch the alias."""
        two_champions(registry)
        carry_out(registry, a_verdict(Decision.PROMOTED, 3, a_version(registry), "2"))

        carry_out(registry, a_verdict(Decision.PROMOTED, 1, a_version(registry), "1"))

        assert aliases(registry) == {CHAMPION: "3"}
        assert registry.champion_for(WEEK[1]) == "4"
        assert registry.champion_for(WEEK[3]) == "3"

    def test_a_week_that_promoted_before(self, registry: Registry) -> None:
        """A week run again with other settings, now without a winner, takes its promotion back."""
        two_champions(registry)

        carry_out(registry, a_verdict(Decision.KEPT, 1, a_version(registry), "1"))

        assert aliases(registry) == {CHAMPION: "1", CHALLENGER: "3"}
        assert registry.champion_for(WEEK[1]) == "1"

    def test_a_verdict_moves_nothing_before_its_report(self, registry: Registry) -> None:
        """Until a run has its report its winner predicts for it, and the champion stays."""
        two_champions(registry)
        verdict = a_verdict(Decision.PROMOTED, 2, a_version(registry), "2")
        registry.record_candidate(WEEK[2], Candidate(version="3"))

        registry.record_verdict(verdict)

        assert registry.champion_for(WEEK[2]) == "3"
        assert registry.champion() == registry.champion_before(WEEK[3]) == "2"
        assert aliases(registry) == {CHAMPION: "2"}
        assert not registry.is_carried_out(WEEK[2])

        registry.carry_out(verdict)

        assert registry.is_carried_out(WEEK[2])
        assert registry.champion_before(WEEK[3]) == registry.champion_for(WEEK[2]) == "3"

    def test_a_run_that_failed_and_was_judged_anew(self, registry: Registry) -> None:
        """A verdict that no report followed is replaced by that of the run made again."""
        two_champions(registry)
        registry.record_verdict(a_verdict(Decision.PROMOTED, 2, a_version(registry), "2"))

        registry.record_verdict(a_verdict(Decision.KEPT, 2, a_version(registry), "2"))

        assert registry.champion_for(WEEK[2]) == "2"


def lose_files(version: str) -> None:
    """Delete the files of a version, as somebody in a hurry for disk space would."""
    client = MlflowClient()
    source = client.get_model_version(NAME, version).source
    logged = client.get_logged_model(source.removeprefix("models:/"))
    shutil.rmtree(urlparse(logged.artifact_location).path)


class TestByHand:
    """What a person does by command, or in MLflow itself."""

    @pytest.fixture(autouse=True)
    def _readable(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        """Versions need no files here, but where they are lost."""
        if request.function.__name__ != "test_versions_that_cannot_serve":
            monkeypatch.setattr(RegisteredVersions, "load", RegisteredVersions.get)

    def test_versions_that_cannot_serve(
        self, registry: Registry, caplog: pytest.LogCaptureFixture
    ) -> None:
        """None whose files are lost becomes champion by hand; a rollback passes it over."""
        for week, name in enumerate("abc"):
            version = register(registry, name)
            champion = str(week) if week else None
            carry_out(registry, a_verdict(Decision.PROMOTED, week, version, champion))
        lose_files("2")

        with pytest.raises(LostModelError, match="version 2 cannot be had"):
            registry.promote("2", why="test")
        assert aliases(registry) == {CHAMPION: "3"}
        assert registry.rollback(why="test").version == "1"
        assert "version 2 is passed over" in caplog.text

    def test_promote(self, registry: Registry) -> None:
        """A person's promotion moves the alias and leaves who, when, from, to and why."""
        two_champions(registry)
        carry_out(registry, a_verdict(Decision.KEPT, 2, a_version(registry), "2"))

        event = registry.promote("3", why="The gate was too strict.", who="ada")

        assert aliases(registry) == {CHAMPION: "3"}
        assert (event.previous, event.version, event.who) == ("2", "3", "ada")
        assert event.why == "The gate was too strict."
        assert event.kind is ChangeSource.MANUAL
        assert event.as_of == WEEK[2]
        assert event.at.tzinfo is not None

    def test_promoting_the_champion_is_refused(self, registry: Registry) -> None:
        """Promoting what is champion already says so."""
        two_champions(registry)

        with pytest.raises(RegistryError, match="is the champion already"):
            registry.promote("2", why="test")

    def test_rollback_goes_further_back_each_time(self, registry: Registry) -> None:
        """Each rollback goes one champion back, and ends with an error that says what to do."""
        two_champions(registry)
        carry_out(registry, a_verdict(Decision.PROMOTED, 2, a_version(registry), "2"))

        assert registry.rollback(why="test").version == "2"
        assert registry.rollback(why="test").version == "1"
        assert aliases(registry) == {CHAMPION: "1"}
        with pytest.raises(RegistryError, match="no earlier champion to go back to"):
            registry.rollback(why="test")

    def test_rollback_skips_deleted_versions(self, registry: Registry) -> None:
        """A champion that was deleted since is passed over."""
        two_champions(registry)
        carry_out(registry, a_verdict(Decision.PROMOTED, 2, a_version(registry), "2"))
        MlflowClient().delete_model_version(NAME, "2")

        assert registry.rollback(why="test").version == "1"

    def test_a_rollback_stands_when_its_week_runs_again(self, registry: Registry) -> None:
        """Running a week again does not undo what a person did after it."""
        two_champions(registry)
        registry.rollback(why="Too many false alarms.")

        carry_out(registry, a_verdict(Decision.PROMOTED, 1, "2", "1"))

        assert aliases(registry) == {CHAMPION: "1"}
        assert registry.champion_for(WEEK[1]) == "1"
        assert registry.champion_before(WEEK[2]) == "1"

    def test_a_rollback_belongs_to_the_newest_week_judged(self, registry: Registry) -> None:
        """A rollback after a week that kept its champion leaves earlier weeks as they were."""
        two_champions(registry)
        carry_out(registry, not_retrained(WEEK[3], TaskName.BINARY, "2", "No need."))

        registry.rollback(why="test")

        assert registry.champion_for(WEEK[1]) == "2"
        assert registry.champion_for(WEEK[3]) == "1"

    def test_killed_between_event_and_alias(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An interrupted rollback is finished by the next command, whatever it is."""
        two_champions(registry)
        monkeypatch.setattr(MlflowClient, "set_registered_model_alias", _killed)
        with pytest.raises(KeyboardInterrupt):
            registry.rollback(why="test")
        monkeypatch.undo()
        assert aliases(registry) == {CHAMPION: "2"}
        assert registry.champion() == "1"

        carry_out(registry, not_retrained(WEEK[2], TaskName.BINARY, "1", "No need."))

        assert aliases(registry) == {CHAMPION: "1"}

    def test_an_alias_moved_in_mlflow_itself(self, registry: Registry) -> None:
        """What somebody does in MLflow stands, shows in the history, and is written down."""
        two_champions(registry)
        MlflowClient().set_registered_model_alias(NAME, CHAMPION, "1")

        assert registry.champion() == "1"
        assert registry.champion_for(WEEK[1]) == "1"
        carry_out(registry, a_verdict(Decision.KEPT, 2, a_version(registry), "1"))

        assert aliases(registry) == {CHAMPION: "1", CHALLENGER: "3"}
        outside = registry.history().events[2]
        assert (outside.kind, outside.previous, outside.version) == (ChangeSource.OUTSIDE, "2", "1")

    def test_an_alias_taken_away_in_mlflow_itself(self, registry: Registry) -> None:
        """An alias deleted in MLflow leaves no champion until the next promotion."""
        two_champions(registry)
        MlflowClient().delete_registered_model_alias(NAME, CHAMPION)

        assert registry.champion() is None
        registry.promote("2", why="test")

        assert aliases(registry) == {CHAMPION: "2"}

    def test_a_version_deleted_before_its_alias_moved(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A change that was cut short and can never be finished stands in no later run's way."""
        two_champions(registry)
        version = a_version(registry)
        with monkeypatch.context() as patch:
            patch.setattr(MlflowClient, "set_registered_model_alias", _killed)
            with pytest.raises(KeyboardInterrupt):
                registry.promote(version, why="test")
        MlflowClient().delete_model_version(NAME, version)

        registry.promote("1", why="test")

        assert aliases(registry) == {CHAMPION: "1"}
        assert registry.champion() == "1"

    def test_the_champion_deleted_in_mlflow_itself(self, registry: Registry) -> None:
        """Without its champion the registry has none; history and rollback go on."""
        two_champions(registry)
        MlflowClient().delete_model_version(NAME, "2")

        assert registry.champion() is None
        assert registry.champion_before(WEEK[2]) is None
        assert registry.rollback(why="test").version == "1"

    def test_events_changed_in_mlflow_itself(self, registry: Registry) -> None:
        """Tags that somebody has overwritten are left out, and the aliases stand as they are."""
        two_champions(registry)
        for key in ("alias_event.000001", "newest_judged", f"candidate.{WEEK[0]}", "candidate.x"):
            MlflowClient().set_registered_model_tag(NAME, key, "changed by hand")

        assert registry.champion() == "2"
        assert registry.judged_weeks() == {WEEK[0]}
        with pytest.raises(RegistryError, match="no challenger"):
            registry.candidate(WEEK[0])
        carry_out(registry, a_verdict(Decision.PROMOTED, 2, a_version(registry), "2"))
        assert registry.champion() == "3"


class TestCandidate:
    """What a run brings to the promotion gate."""

    def test_the_last_nomination_counts(self, registry: Registry) -> None:
        """A run's candidate is what it saved last, a version or the reason for none."""
        registry.record_candidate(WEEK[0], Candidate(version="1", reason="New."))
        registry.record_candidate(WEEK[0], Candidate(version=None, reason="No need."))
        registry.record_candidate(WEEK[1], Candidate(version="2"))

        assert registry.candidate(WEEK[0]) == Candidate(version=None, reason="No need.")
        assert registry.candidate(WEEK[1]).version == "2"

    def test_none_yet(self, registry: Registry) -> None:
        """A week without a candidate is an error that names the command."""
        with pytest.raises(RegistryError, match="kedro run --pipeline model_training"):
            registry.candidate(WEEK[0])


class TestPyfunc:
    """The registered model as MLflow serves it."""

    def test_predicts_like_the_predictor(self, registry: Registry) -> None:
        """The pyfunc model gives the predictor's own numbers for raw rows of the contract."""
        register(registry, "a")
        model = mlflow.pyfunc.load_model(f"models:/{NAME}/1")
        rows = _plain(trains(3, seed=5))

        found = model.predict(rows)

        expected = predictor().predict(rows)
        assert np.array_equal(found["probability"], expected)
        assert np.array_equal(found["decision"], predictor().output_frame(expected)["decision"])

    def test_columns_that_may_be_absent(self, registry: Registry) -> None:
        """A column the signature does not ask for counts as missing; one it does is refused."""
        register(registry, "a")
        model = mlflow.pyfunc.load_model(f"models:/{NAME}/1")
        rows = _plain(trains(1))

        found = model.predict(rows.drop(columns="rain"))

        expected = predictor().predict(rows.assign(rain=None))
        assert np.array_equal(found["probability"], expected)
        with pytest.raises(mlflow.MlflowException, match="missing inputs"):
            model.predict(rows.drop(columns="line"))

    def test_requirements_are_pinned_and_few(self, registry: Registry, store: Path) -> None:
        """The logged requirements are exact versions of what serving imports."""
        register(registry, "a")

        (text,) = {path.read_text() for path in (store / "artifacts").rglob("requirements.txt")}

        names = [line.split("==")[0] for line in text.splitlines()]
        assert names == ["catboost", "holidays", "mlflow", "numpy", "pandas", "pydantic"]
        assert all("==" in line for line in text.splitlines())

    def test_logging_is_quiet(self, registry: Registry, capfd: pytest.CaptureFixture[str]) -> None:
        """Registering and loading print no warning and no progress bar."""
        registry.versions.load(register(registry, "a"))

        output = "".join(capfd.readouterr())
        assert "WARNING" not in output
        assert "artifacts:" not in output

    @pytest.mark.slow
    @pytest.mark.parametrize("kind", ["csv", "json"])
    def test_mlflow_models_predict(self, registry: Registry, store: Path, kind: str) -> None:
        """MLflow's own command predicts from a file, in a process that cannot see this project."""
        register(registry, "a")
        rows = _plain(trains(1)).head(3)
        source = store / f"rows.{kind}"
        if kind == "csv":
            rows.to_csv(source, index=False)
        else:
            split = json.loads(rows.to_json(orient="split", date_format="iso", index=False))
            source.write_text(json.dumps({"dataframe_split": split}))
        target = store / "predictions.json"

        done = subprocess.run(
            [sys.executable, "-c", _PREDICT, f"models:/{NAME}/1", source, target, kind],
            cwd=store,
            env={**os.environ, "MLFLOW_TRACKING_URI": mlflow.get_tracking_uri()},
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 0, done.stderr
        found = pd.DataFrame(json.loads(target.read_text())["predictions"])
        np.testing.assert_allclose(found["probability"], predictor().predict(rows))
        assert str(store / "artifacts") in done.stdout


_PREDICT = """
import sys
# An editable install puts this project on the path: the model must do without it.
sys.path = [path for path in sys.path if not path.endswith("src")]
sys.meta_path = [one for one in sys.meta_path if "editable" not in repr(one)]
from mlflow.pyfunc.scoring_server import _predict
_predict(*sys.argv[1:])
import weekwise
print(weekwise.__file__)
"""
"""What `mlflow models predict --env-manager local` runs in a process of its own."""


def _plain(rows: pd.DataFrame) -> pd.DataFrame:
    """The contract's inputs in dtypes that MLflow's schema check takes."""
    return rows[CONTRACT.inputs].astype(
        {"cars": "float64", "express": object, "stops": "int64", "line": object}
    )


def _killed(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


WRITES = (
    "set_registered_model_tag",
    "set_model_version_tag",
    "update_model_version",
    "set_registered_model_alias",
    "delete_registered_model_alias",
)


def _apply_killed_at(
    patch: pytest.MonkeyPatch, step: int, registry: Registry, verdict: Verdict, *, after: bool
) -> bool:
    """Apply a verdict, killed before or after its n-th write; whether it came to that."""
    count = iter(range(1000))

    def fragile(write: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            fatal = next(count) == step
            if fatal and not after:
                raise KeyboardInterrupt
            result = write(*args, **kwargs)
            if fatal:
                raise KeyboardInterrupt
            return result

        return call

    for name in WRITES:
        patch.setattr(MlflowClient, name, fragile(getattr(MlflowClient, name)))
    try:
        carry_out(registry, verdict)
    except KeyboardInterrupt:
        return True
    return False
