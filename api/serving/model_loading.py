"""Loading a version, and checking that it works before it is served."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from api.rows.json_schema import example_rows
from api.rows.row_reader import RowReader
from api.rows.row_warnings import Row
from api.serving.loaded_model import LoadedModel, Source
from weekwise.errors import RegistryError
from weekwise.model.light_trees import forget_training
from weekwise.model.model_files import ARTIFACT, EXAMPLE
from weekwise.model.predictor import Predictor
from weekwise.model.release import Release


def load_model(release: Release, folder: Path, source: Source) -> LoadedModel:
    """Load a version from its files, and check it on its own input example.

    Args:
        release: What the registry says about it.
        folder: Where its predictor and its input example are.
        source: Where they come from.

    Raises:
        RegistryError: If it cannot be read, or fails on its own input example.
    """
    predictor = Predictor.load(next(folder.rglob(ARTIFACT), folder / ARTIFACT))
    forget_training(predictor.model)
    inputs = predictor.inputs
    reader = RowReader(predictor.contract, inputs.raw, inputs.derived.names)
    try:
        text = (folder / EXAMPLE).read_text("utf-8")
        examples = example_rows(text, predictor.contract, predictor.inputs.raw)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RegistryError(
            f"{_name(release)} has no readable input example ({error}), "
            "so it cannot be checked; register it again"
        ) from error
    model = LoadedModel(release, predictor, reader, examples, source, datetime.now(UTC))
    _check(model)
    return model


def _check(model: LoadedModel) -> None:
    """Read, predict and explain the model's own example, as requests would."""
    rows = _example_rows(model)
    valid = model.predictor.task.valid
    invalid = [value for value in model.predictor.predict_rows(rows) if not valid(value)]
    if invalid:
        raise RegistryError(
            f"{_name(model.release)} predicts {invalid[0]} for its own input example, which no "
            "working model does; roll back to an earlier version"
        )
    # All of this is computed once: the first request should not wait for it.
    model.predictor.explain_row(rows[0])
    assert model.schema_json  # noqa: S101
    assert model.importances  # noqa: S101


def _example_rows(model: LoadedModel) -> list[Row]:
    rows = []
    for example in model.examples:
        row = model.reader.read_value(example)
        if isinstance(row, list):
            raise RegistryError(
                f"{_name(model.release)} refuses its own input example: {row[0].message}"
            )
        rows.append(row)
    if not rows:
        raise RegistryError(
            f"{_name(model.release)} has an empty input example, so it cannot be checked; "
            "register it again"
        )
    return rows


def _name(release: Release) -> str:
    return f"{release.name} version {release.version}"
