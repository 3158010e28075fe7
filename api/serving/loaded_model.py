"""A model that can be served: loaded, tried on its own example, and all that follows from it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import orjson

from api import schemas
from api.rows.json_schema import JsonSchema, example_rows, row_schema
from api.rows.reader import RowReader
from weekwise.errors import RegistryError
from weekwise.model.model_files import ARTIFACT, EXAMPLE
from weekwise.model.predictor import Predictor
from weekwise.model.release import Release

Source = Literal["registry", "local copy"]


@dataclass(frozen=True)
class Served:
    """One version of the model, ready to answer. It never changes: a new one takes its place.

    Attributes:
        release: What the registry says of it.
        predictor: The model itself.
        reader: What reads and checks its rows.
        examples: Rows that it predicts.
        source: Where it was loaded from.
        loaded_at: When, in UTC.
    """

    release: Release
    predictor: Predictor
    reader: RowReader
    examples: Sequence[Mapping[str, Any]]
    source: Source
    loaded_at: datetime

    @property
    def version(self) -> str:
        """The version."""
        return self.release.version

    @cached_property
    def schema(self) -> JsonSchema:
        """The JSON Schema of a row."""
        return row_schema(self.predictor.contract, self.version, self.examples)

    @cached_property
    def schema_json(self) -> bytes:
        """The same as JSON."""
        return orjson.dumps(self.schema)

    @cached_property
    def importances(self) -> list[schemas.Importance]:
        """How much each input changes the predictions, the most important first."""
        titles = dict(zip(self.predictor.inputs.names, self.predictor.inputs.titles, strict=True))
        return [
            schemas.Importance(feature=str(name), title=titles[str(name)], importance=value)
            for name, value in self.predictor.importances().items()
        ]


def load(release: Release, folder: Path, source: Source) -> Served:
    """Load a version from its files and try it.

    Args:
        release: What the registry says of it.
        folder: Where its predictor and its input example lie.
        source: Where they come from.

    Raises:
        RegistryError: If it cannot be read, or fails on its own input example.
    """
    predictor = Predictor.load(next(folder.rglob(ARTIFACT), folder / ARTIFACT))
    reader = RowReader(predictor.contract)
    try:
        text = (folder / EXAMPLE).read_text("utf-8")
        examples = example_rows(text, predictor.contract)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RegistryError(
            f"{release.name} version {release.version} has no input example that can be read "
            f"({error}), so it cannot be tried; register it again"
        ) from error
    served = Served(release, predictor, reader, examples, source, datetime.now(UTC))
    _try(served)
    return served


def _try(served: Served) -> None:
    """Predict and explain the model's own example, as a request would."""
    name = f"{served.release.name} version {served.version}"
    rows = []
    for example in served.examples:
        row = served.reader.read_value(example)
        if isinstance(row, list):
            raise RegistryError(f"{name} refuses its own input example: {row[0].message}")
        rows.append(row)
    if not rows:
        raise RegistryError(f"{name} has an empty input example, so it cannot be tried")
    found = served.predictor.predict_rows(rows)
    wrong = [value for value in found if not (math.isfinite(value) and 0 <= value <= 1)]
    if wrong:
        raise RegistryError(
            f"{name} predicts {wrong[0]} for its own input example; a probability "
            "is between 0 and 1"
        )
    # What a first request would otherwise wait for.
    served.predictor.explain_row(rows[0])
    assert served.schema_json  # noqa: S101
    assert served.importances  # noqa: S101
