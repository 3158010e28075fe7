"""The shadow: what it predicts of live rows, and that nothing it does reaches an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from prometheus_client import CollectorRegistry

import trains
from api.serving.loaded_model import LoadedModel
from api.serving.model_in_service import ModelInService
from api.serving.registry_reader import NothingInServiceError, UnreachableError
from api.serving.shadow import ShadowModel
from api.shadow_metrics import ShadowMetrics
from loaded_models import loaded_delays, loaded_faults, loaded_model, loaded_parcels, loaded_trains
from service_client import application, recording
from weekwise.errors import RegistryError
from weekwise.model.fitting import fit
from weekwise.model.release import Release

POLL = 10.0


@cache
def other_trains() -> LoadedModel:
    """A version that was fitted on other rows."""
    rows = trains.trains(20, seed=3)
    predictor = fit(
        rows, trains.CONTRACT, trains.CONTRACT.features, trains.PARAMS, as_of=trains.train_end(20)
    )
    return loaded_model(predictor, rows, version="2")


def renamed(model: LoadedModel, version: str) -> LoadedModel:
    """The same model as another version."""
    return replace(model, release=model.release.model_copy(update={"version": version}))


@dataclass
class Asked:
    """What a service with a shadow answered and kept."""

    answers: list[httpx.Response]
    metrics: str
    table: pd.DataFrame


def ask(
    champion: LoadedModel, shadow: LoadedModel, folder: Path, rows: list[Any], share: float = 1.0
) -> Asked:
    """Ask for the first row by itself, and for all as a batch, with a shadow in place."""
    app, service = application(champion, shadow="2", shadow_dir=folder, shadow_share=share)
    assert service.shadow is not None
    service.shadow.current = shadow
    answers = []

    async def run() -> None:
        transport = httpx.ASGITransport(app)
        async with (
            recording(service),
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            single = {"json": rows[0], "headers": {"x-request-id": "a"}}
            batch = {"json": {"rows": rows}, "headers": {"x-request-id": "b"}}
            answers.append(await client.post("/predict", **single))
            answers.append(await client.post("/predict/batch", **batch))

    asyncio.run(run())
    files = sorted(folder.glob("day=*/*.parquet"))
    parts = [pq.ParquetFile(path).read() for path in files]
    table = pa.concat_tables(parts).to_pandas() if parts else pd.DataFrame()
    metrics = bytes(service.metrics.response().body).decode()
    return Asked(answers, metrics, table)


def levels_of(model: LoadedModel, rows: list[Any]) -> list[float]:
    """What a model predicts of rows, as one number each."""
    read = [dict(model.reader.read_value(row)) for row in rows]
    predictor = model.predictor
    predicted = predictor.predict_rows(predictor.complete([model.completed(row) for row in read]))
    return [predictor.task.row_level(each) for each in predicted]


def test_both_predict_the_same_rows(tmp_path: Path) -> None:
    """Each row has both predictions, how far they are apart, and whether they decide otherwise."""
    champion, shadow = loaded_trains("1"), other_trains()
    rows = [
        {**champion.examples[0], "line": line, "rain": rain}
        for line in ("red", "blue")
        for rain in (None, 0.0, 1.2, 3.0)
    ]
    asked = ask(champion, shadow, tmp_path, [*rows, {"wrong": 1}])

    table = asked.table.sort_values(["request_id", "request_row"])
    ours, theirs = (np.array(levels_of(model, [rows[0], *rows])) for model in (champion, shadow))
    assert table["request_id"].tolist() == ["a", *"b" * 8]
    assert table["request_row"].tolist() == [0, *range(8)]
    assert table["predicted"].to_numpy() == pytest.approx(ours)
    assert table["shadow_predicted"].to_numpy() == pytest.approx(theirs)
    assert table["difference"].to_numpy() == pytest.approx(abs(ours - theirs))
    limits = [model.predictor.settings.threshold for model in (champion, shadow)]
    differs = (ours >= limits[0]) != (theirs >= limits[1])
    assert table["differs"].tolist() == differs.tolist()
    assert abs(ours - theirs).max() > 0.01
    versions = 'shadow="2",version="1"'
    assert f"weekwise_shadow_difference_count{{{versions}}} 9.0" in asked.metrics
    assert (
        f'weekwise_shadow_decisions_total{{same="false",{versions}}} {float(differs.sum())}'
        in asked.metrics
    )
    assert 'weekwise_recorded_rows_total{outcome="written",record="shadow"} 9.0' in asked.metrics


@pytest.mark.parametrize("model", [loaded_trains, loaded_delays, loaded_faults, loaded_parcels])
def test_the_same_model_differs_in_nothing(
    model: Callable[[], LoadedModel], tmp_path: Path
) -> None:
    """Whatever is predicted, a model beside itself differs by nothing."""
    champion = renamed(model(), "1")
    asked = ask(champion, renamed(champion, "2"), tmp_path, list(map(dict, champion.examples)))

    assert len(asked.table) == 4
    assert asked.table["difference"].to_numpy() == pytest.approx(0)
    assert not asked.table["differs"].fillna(value=False).any()


def test_a_share_of_the_rows(tmp_path: Path) -> None:
    """Of many rows the shadow predicts about the share that it is to."""
    champion = loaded_trains("1")
    rows = [dict(champion.examples[0])] * 2_000

    asked = ask(champion, other_trains(), tmp_path, rows, share=0.2)

    assert 300 < len(asked.table) < 500


def test_rows_that_the_shadow_refuses(tmp_path: Path) -> None:
    """A row that the shadow's contract refuses is counted, and answered all the same."""
    champion, shadow = loaded_trains("1"), other_trains()
    columns = dict(trains.CONTRACT.columns)
    columns["line"] = columns["line"].model_copy(update={"values": {"red": "Red"}})
    strict = trains.CONTRACT.model_copy(update={"columns": columns})
    reader = type(shadow.reader)(strict, shadow.reader.inputs)
    row = dict(champion.examples[0])

    asked = ask(
        champion,
        replace(shadow, reader=reader),
        tmp_path,
        [row | {"line": "red"}, row | {"line": "blue"}],
    )

    assert [answer.status_code for answer in asked.answers] == [200, 200]
    assert len(asked.table) == 2
    assert 'weekwise_shadow_rows_refused_total{shadow="2",version="1"} 1.0' in asked.metrics


def test_a_shadow_that_raises_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shadow whose every prediction fails loses its own rows; every answer is as without it."""
    champion, shadow = loaded_trains("1"), other_trains()
    rows = list(map(dict, champion.examples))
    before = ask(champion, renamed(champion, "1"), tmp_path / "before", rows)

    def fails(*_arguments: Any, **_options: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(type(shadow.predictor), "predict", fails)
    broken = ask(champion, shadow, tmp_path / "broken", rows[:1])

    monkeypatch.undo()
    assert broken.answers[0].json() == before.answers[0].json()
    assert broken.table.empty
    assert 'weekwise_recorded_rows_total{outcome="failed",record="shadow"} 1.0' in broken.metrics
    # A version beside itself is not compared.
    assert before.table.empty


@dataclass
class FakeRegistry:
    """A registry whose answers a test writes down.

    Attributes:
        found: The version, or why none is found.
        models: The versions that can be loaded.
        fetched: Versions that were asked for, in order.
    """

    found: str | Exception
    models: dict[str, LoadedModel]
    fetched: list[str] = field(default_factory=list)

    def shadow(self, wanted: str) -> Release:
        """What the alias points to."""
        assert wanted == "challenger"
        if isinstance(self.found, Exception):
            raise self.found
        model = self.models.get(self.found)
        if model is not None:
            return model.release
        return Release(name="tested", version=self.found, alias=wanted, source="broken")

    def fetch_apart(self, release: Release) -> LoadedModel:
        """Load a version."""
        self.fetched.append(release.version)
        if release.version not in self.models:
            raise RegistryError("/secret/path: truncated")
        return self.models[release.version]


class Following:
    """A shadow of a registry, and its clock."""

    def __init__(self, registry: FakeRegistry, champion: LoadedModel | None = None) -> None:
        reader: Any = registry
        self.now = 0.0
        self.champion = ModelInService()
        self.champion.swap(champion or loaded_trains("1"))
        metrics = ShadowMetrics(CollectorRegistry())
        self.subject = ShadowModel(
            reader, "challenger", self.champion, metrics, POLL, lambda: self.now
        )

    def check(self) -> str | None:
        """Check once; the shadow's version then."""
        asyncio.run(self.subject.check())
        return None if self.subject.current is None else self.subject.current.version


def models() -> dict[str, LoadedModel]:
    """Versions that can be loaded."""
    return {version: renamed(loaded_trains(), version) for version in ("1", "2", "3")}


def test_follows_its_alias() -> None:
    """A new challenger is the shadow; one that became the champion, or that left, is none."""
    registry = FakeRegistry("2", models())
    following = Following(registry)

    assert [following.check(), following.check()] == ["2", "2"]
    registry.found = "3"
    assert following.check() == "3"
    registry.found = UnreachableError("away")
    assert following.check() == "3"
    registry.found = "1"
    assert following.check() is None
    assert following.subject.problem == "Version 1 is in service itself."
    registry.found = "2"
    assert following.check() == "2"
    registry.found = NothingInServiceError("tested has no alias challenger.")
    assert following.check() is None
    assert following.subject.problem == "tested has no alias challenger."
    assert registry.fetched == ["2", "3", "2"]


def test_a_version_that_cannot_be_loaded() -> None:
    """It is no shadow, says so without paths, and is tried again after a pause."""
    registry = FakeRegistry("4", models())
    following = Following(registry)

    assert [following.check(), following.check()] == [None, None]
    assert following.subject.problem == "Version 4 does not work; the log says why."
    assert registry.fetched == ["4"]
    registry.models["4"] = renamed(loaded_trains(), "4")
    registry.models["4"] = replace(
        registry.models["4"],
        release=registry.models["4"].release.model_copy(update={"source": "broken"}),
    )
    following.now += POLL
    assert following.check() == "4"
    assert following.subject.problem is None


def test_what_cannot_be_compared() -> None:
    """A version that predicts something else is no shadow, whichever of the two came first."""
    registry = FakeRegistry("2", {"2": renamed(loaded_delays(), "2"), "3": models()["3"]})
    following = Following(registry)

    assert following.check() is None
    assert following.subject.problem == "Version 2 predicts something else than version 1."
    registry.found = "3"
    assert following.check() == "3"
    following.champion.swap(renamed(loaded_delays(), "5"))
    assert following.check() is None


def test_before_there_is_a_champion() -> None:
    """Without a champion nothing is looked for."""
    registry = FakeRegistry("2", models())
    following = Following(registry)
    following.subject.champion = ModelInService()

    assert following.check() is None
    assert registry.fetched == []
