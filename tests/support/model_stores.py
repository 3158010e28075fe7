"""Small MLflow stores with registered models."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import mlflow
import pandas as pd
from mlflow import MlflowClient

import loaded_models
import stores
import trains
from weekwise.contract.type_facts import TaskName
from weekwise.model.fitting import fit
from weekwise.model.predictor import Predictor
from weekwise.model.registry import Registry
from weekwise.model.verdict import Decision, Verdict

TRAINS, PARCELS = "late_trains", "late_parcels"
FAULTS, DELAYS = "train_faults", "train_delays"


@dataclass(frozen=True)
class Store:
    """An MLflow store in a folder.

    Attributes:
        folder: Where it lies: `mlflow.db` and `artifacts/`.
    """

    folder: Path

    @property
    def uri(self) -> str:
        """Its tracking URI."""
        return f"sqlite:///{self.folder / 'mlflow.db'}"

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Let MLflow use this store, and afterwards the one before."""
        with stores.in_use(self.uri):
            yield

    def register(
        self, name: str, predictor: Predictor, example: pd.DataFrame, fingerprint: str
    ) -> str:
        """Register a predictor; its version."""
        with self.in_use():
            experiment = mlflow.get_experiment_by_name("test")
            experiment_id = (
                mlflow.create_experiment("test", artifact_location=str(self.folder / "artifacts"))
                if experiment is None
                else experiment.experiment_id
            )
            with mlflow.start_run(experiment_id=experiment_id):
                mlflow.log_metric("holdout.challenger.log_loss", 0.4)
                return Registry(name).versions.register(
                    predictor, fingerprint=fingerprint, example=example
                )

    def judge(
        self,
        name: str,
        version: str,
        week: int,
        champion: str | None,
        task: TaskName = TaskName.BINARY,
    ) -> None:
        """Make a version champion by the promotion gate, in the n-th week."""
        verdict = Verdict(
            task=task,
            as_of=trains.train_end() + timedelta(weeks=week),
            decision=Decision.FIRST if champion is None else Decision.PROMOTED,
            reasons=("It is better.",),
            challenger_version=version,
            champion_version=champion,
        )
        with self.in_use():
            registry = Registry(name)
            registry.record_verdict(verdict)
            registry.carry_out(verdict)

    def promote(self, name: str, version: str) -> None:
        """Promote a version by hand."""
        with self.in_use():
            Registry(name).promote(version, why="a test asks for it", who="test")

    def rollback(self, name: str) -> str | None:
        """Go back to the previous champion; its version."""
        with self.in_use():
            return Registry(name).rollback(why="a test asks for it", who="test").version

    @property
    def client(self) -> MlflowClient:
        """MLflow's own client of this store."""
        return MlflowClient(self.uri)

    def files_of(self, name: str, version: str) -> Path:
        """The folder of a version's files."""
        source = self.client.get_model_version(name, version).source
        (folder,) = self.folder.rglob(str(source).removeprefix("models:/"))
        return folder / "artifacts"

    def copy_to(self, folder: Path) -> Store:
        """The same store elsewhere, with its files, so that a test may break it."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        with sqlite3.connect(folder / "mlflow.db") as database:
            for table, column in _LOCATIONS:
                database.execute(
                    f"UPDATE {table} SET {column} = replace({column}, ?, ?)",
                    (str(self.folder), str(folder)),
                )
        database.close()
        return Store(folder)


_LOCATIONS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Where MLflow's database holds paths."""


def empty_store(folder: Path) -> Store:
    """A store with nothing in it."""
    stores.make_empty(folder / "mlflow.db")
    return Store(folder)


def trains_store(store: Store) -> Store:
    """The same store with two versions of a model of trains, the second one champion."""
    champion = None
    for week, days in enumerate((trains.DAYS - 10, trains.DAYS)):
        example = trains.trains(2)
        version = store.register(TRAINS, trains.predictor(days), example, f"{days} days")
        store.judge(TRAINS, version, week, champion)
        champion = version
    return store


def parcels_store(store: Store) -> Store:
    """The same store with a model of another table: dates, not times; flags; open categories."""
    predictor, rows = loaded_models.parcels_predictor()
    version = store.register(PARCELS, predictor, rows, "parcels")
    store.judge(PARCELS, version, 0, None)
    return store


def parcels_of_another_contract(store: Store) -> Store:
    """The same store with a second champion, of a contract that has lost a column."""
    predictor, rows = loaded_models.parcels_predictor()
    columns = {
        name: column for name, column in predictor.contract.columns.items() if name != "fragile"
    }
    contract = predictor.contract.model_copy(update={"columns": columns})
    as_of = predictor.record.as_of
    newer = fit(rows, contract, contract.features, trains.PARAMS, as_of=as_of)
    version = store.register(PARCELS, newer, rows, "without a column")
    store.judge(PARCELS, version, 1, "1")
    return store


def faults_store(store: Store) -> Store:
    """The same store with a model of what is wrong with trains: a class."""
    return _with_one(store, FAULTS, loaded_models.loaded_faults().predictor)


def rain_per_car_store(store: Store) -> Store:
    """The same store with a model of a feature that is computed from two columns."""
    return _with_one(store, "rain_per_car", loaded_models.loaded_rain_per_car().predictor)


def delays_store(store: Store) -> Store:
    """The same store with a model of how late trains are: a number."""
    return _with_one(store, DELAYS, loaded_models.loaded_delays().predictor)


def _with_one(store: Store, name: str, predictor: Predictor) -> Store:
    version = store.register(name, predictor, trains.trains(2), name)
    store.judge(name, version, 0, None, predictor.task.name)
    return store
