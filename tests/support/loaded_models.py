"""Models ready to answer, without a registry, and rows for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

import parcels
import trains
from api.rows.row_reader import RowReader
from api.serving.loaded_model import LoadedModel
from weekwise.contract.column import Column
from weekwise.contract.model import Contract
from weekwise.contract.types import ColumnType
from weekwise.features.time_features import CALENDAR_FEATURES
from weekwise.model.fitting import fit
from weekwise.model.predictor import Predictor
from weekwise.model.release import Release


def loaded_model(predictor: Predictor, rows: pd.DataFrame, version: str = "1") -> LoadedModel:
    """A model ready to answer, without a registry.

    Args:
        predictor: The model.
        rows: Raw rows of its contract, the first of which become the examples.
        version: What it calls itself.
    """
    release = Release(name="tested", version=version, alias="champion", source=f"test:{version}")
    contract = predictor.contract
    inputs = predictor.inputs.raw
    examples = [plain_row(contract, row, inputs) for row in rows.head(3).to_dict("records")]
    return LoadedModel(
        release=release,
        predictor=predictor,
        reader=RowReader(contract, inputs, predictor.inputs.derived.names),
        examples=examples,
        source="registry",
        loaded_at=datetime.now(UTC),
    )


def plain_row(
    contract: Contract, row: Mapping[Any, Any], inputs: Sequence[str] | None = None
) -> dict[str, Any]:
    """A row of a frame as a client would send it, null where there is no value."""
    return {
        name: _plain(contract.columns[name].type, row[name]) for name in inputs or contract.inputs
    }


def _plain(kind: ColumnType, value: Any) -> Any:
    if value is None or pd.isna(value):
        return None
    return _JSON.get(kind, str)(value)


_JSON: Mapping[ColumnType, Callable[[Any], Any]] = {
    ColumnType.DATE: lambda value: f"{value:%Y-%m-%d}",
    ColumnType.DATETIME: lambda value: value.isoformat(),
    ColumnType.INTEGER: int,
    ColumnType.NUMBER: float,
    ColumnType.BOOLEAN: bool,
}


def loaded_trains(version: str = "1") -> LoadedModel:
    """The model of trains, ready to answer."""
    return loaded_model(trains.predictor(), trains.trains(2), version)


def loaded_parcels() -> LoadedModel:
    """The model of another table, ready to answer."""
    return loaded_model(*parcels_predictor())


def loaded_delays() -> LoadedModel:
    """A model of how many minutes trains are late: a number."""
    rows = trains.trains()
    wet = rows["rain"].fillna(1.0) * (rows["line"] == "red")
    noise = np.random.default_rng(5).normal(size=len(rows))
    rows = rows.assign(late=10 + 5 * wet.astype(float) + noise)
    late = Column.model_validate({"type": "number", "role": "target", "title": "Minutes late"})
    columns = {**trains.CONTRACT.columns, "late": late}
    contract = trains.CONTRACT.model_copy(update={"columns": columns})
    predictor = fit(rows, contract, contract.features, trains.PARAMS, as_of=trains.train_end())
    return loaded_model(predictor, trains.trains(2))


def loaded_faults() -> LoadedModel:
    """A model of what is wrong with trains: one of four classes, one of which none ever has."""
    rows = trains.trains()
    noise = np.random.default_rng(5).normal(size=len(rows))
    wear = rows["rain"].fillna(1.0) + 2 * (rows["line"] == "red") + 0.3 * noise
    rows = rows.assign(fault=np.array(["none", "door", "brake"])[np.digitize(wear, [1.0, 2.5])])
    fault = Column.model_validate(
        {
            "type": "category",
            "role": "target",
            "title": "Fault",
            "values": {"none": "No fault", "door": "Door", "brake": "Brake", "fire": "Fire"},
        }
    )
    columns = {name: col for name, col in trains.CONTRACT.columns.items() if name != "late"}
    contract = trains.CONTRACT.model_copy(update={"columns": {**columns, "fault": fault}})
    predictor = fit(rows, contract, contract.features, trains.PARAMS, as_of=trains.train_end())
    return loaded_model(predictor, trains.trains(2))


def loaded_rain_per_car() -> LoadedModel:
    """A model of a derived feature and `line`; of a contract with more features."""
    columns = {
        name: column.model_dump(by_alias=True) for name, column in trains.CONTRACT.columns.items()
    }
    columns["cars"]["role"] = "context"
    columns["per_car"] = {
        "type": "number",
        "role": "feature",
        "title": "Rain for each car",
        "missing": 1,
        "from": "rain / cars",
    }
    contract = Contract.model_validate(
        {"table": "trains", "title": "Trains", "key": ["departure", "train"], "columns": columns}
    )
    params = trains.PARAMS.model_copy(update={"drop_calendar": tuple(CALENDAR_FEATURES)})
    predictor = fit(
        trains.trains(), contract, ["line", "per_car"], params, as_of=trains.train_end()
    )
    return loaded_model(predictor, trains.trains(2))


@cache
def parcels_predictor() -> tuple[Predictor, pd.DataFrame]:
    """A predictor of late parcels, and the rows it was fitted on."""
    rng, size = np.random.default_rng(0), 800
    rows = pd.DataFrame(
        {
            "day": pd.to_datetime("2020-01-01") + pd.to_timedelta(np.arange(size) // 20, unit="D"),
            "depot": rng.choice(["N", "S"], size),
            "number": np.arange(1, size + 1),
            "weight": rng.uniform(0, 100, size).round(2),
            "pieces": pd.array(rng.integers(1, 9, size), dtype="Int64"),
            "carrier": rng.choice(["bike", "van"], size),
            "fragile": pd.array(rng.random(size) < 0.5, dtype="boolean"),
        }
    )
    rows.loc[rng.random(size) < 0.1, ["weight", "fragile"]] = None
    heavy = rows["weight"].fillna(50) / 25 * (rows["carrier"] == "bike")
    rows["late"] = rng.random(size) < 1 / (1 + np.exp(2 - heavy))
    contract = parcels.contract()
    predictor = fit(rows, contract, contract.features, trains.PARAMS, as_of=date(2020, 3, 1))
    return predictor, rows
