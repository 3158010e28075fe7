"""The predictor as an MLflow pyfunc model that works far from this project.

The logged model carries the predictor's own files, the few modules that read them, the signature of
its contract, an input example, and its requirements with the very versions it was made with.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.models.model import ModelInfo
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from mlflow.types.schema import ColSpec, DataType, Schema, TensorSpec

import weekwise
from weekwise.contract.model import Contract
from weekwise.model.light_trees import forget_training
from weekwise.model.model_files import ARTIFACT, TWIN, quiet_transfers
from weekwise.model.predictor import Predictor
from weekwise.tasks import task_of

SERVED = Path(__file__).with_name("pyfunc_script.py")
"""The file that MLflow runs to make the served model."""

PACKAGES = ("contract", "features", "model", "tasks")
MODULES = ("__init__.py", "errors.py", "wording.py")
"""The subpackages and modules of Weekwise that a served model needs."""

REQUIREMENTS = ("catboost", "holidays", "mlflow", "numpy", "pandas", "pydantic")
"""The libraries these import to predict."""

DERIVED_REQUIREMENTS = ("duckdb",)
"""What computes derived columns, where a model takes any."""

EXAMPLE_ROWS = 5


class PredictorModel(PythonModel):
    """A predictor behind MLflow's interface.

    Rows of the contract go in; the task's columns come out, such as `probability` and `decision`,
    in the same order.
    """

    def load_context(self, context: PythonModelContext) -> None:
        """Load the predictor from the logged model's artifacts."""
        self.predictor = Predictor.load(Path(context.artifacts[ARTIFACT]))
        forget_training(self.predictor.model)

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002 - MLflow's interface
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> pd.DataFrame:
        """Predictions for raw rows of the contract.

        Columns that the signature lets be absent count as missing; aggregates are looked up then.
        """
        rows = model_input.reindex(columns=self.predictor.inputs.raw)
        if self.predictor.lookup is not None:
            rows = self.predictor.lookup.in_frame(rows)
        return self.predictor.output_frame(self.predictor.predict(rows), model_input.index)


def log_predictor(predictor: Predictor, example: pd.DataFrame, *, name: str = "model") -> ModelInfo:
    """Log a predictor as a pyfunc model, inside the active MLflow run.

    Args:
        predictor: What to log.
        example: A few raw rows of the contract, for people and for MLflow's own checks.
        name: The logged model's name.
    """
    with tempfile.TemporaryDirectory() as scratch, quiet_transfers(), _without_bytecode():
        parts = {ARTIFACT: predictor}
        if predictor.twin is not None:
            parts[TWIN] = predictor.twin
        for name_of_part, part in parts.items():
            part.save(Path(scratch) / name_of_part)
        logged: ModelInfo = mlflow.pyfunc.log_model(
            name=name,
            python_model=str(SERVED),
            artifacts={part: str(Path(scratch) / part) for part in parts},
            code_paths=[str(_copy_code(Path(scratch)))],
            signature=signature(predictor.contract, predictor.inputs.raw),
            input_example=_example(example, predictor),
            pip_requirements=pinned_requirements(derived=_computes_sql(predictor)),
        )
    return logged


def signature(contract: Contract, inputs: Sequence[str] | None = None) -> ModelSignature:
    """The MLflow signature of a predictor of a contract: its inputs, and what it gives.

    Args:
        contract: What a row is.
        inputs: Names of the raw columns that it takes; left out, all that one may take.
    """
    from weekwise.contract.derive import signature_columns

    given: list[ColSpec | TensorSpec] = [
        ColSpec(DataType[column.type.name], name=column.name, required=column.required)
        for column in signature_columns(contract, inputs)
    ]
    outputs: list[ColSpec | TensorSpec] = [
        ColSpec(DataType[column.type.name], column.name) for column in task_of(contract).outputs
    ]
    return ModelSignature(inputs=Schema(given), outputs=Schema(outputs))


def pinned_requirements(*, derived: bool = True) -> list[str]:
    """What a served model needs, each at the version installed here.

    Args:
        derived: Whether it takes derived columns.
    """
    names = [*REQUIREMENTS, *(DERIVED_REQUIREMENTS if derived else ())]
    return [f"{name}=={version(name)}" for name in names]


@contextmanager
def _without_bytecode() -> Iterator[None]:
    """What MLflow runs in the model's folder leaves no files of this Python there."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def _computes_sql(predictor: Predictor) -> bool:
    lookup = predictor.lookup
    return bool(predictor.inputs.derived.names) or (lookup is not None and lookup.needs_sql)


def _example(rows: pd.DataFrame, predictor: Predictor) -> pd.DataFrame:
    """The first rows as the signature has them, with no dtype of pandas' own that JSON lacks."""
    from weekwise.contract.derive import signature_columns

    columns = signature_columns(predictor.contract, predictor.inputs.raw)
    dtypes = {column.name: column.type.dtype for column in columns}
    first = rows[list(dtypes)].head(EXAMPLE_ROWS)
    return first.astype(dtypes).reset_index(drop=True)


def _copy_code(scratch: Path) -> Path:
    """Copy the modules a served model needs, and no others, as a package of the same name."""
    source = Path(weekwise.__file__).parent
    package = scratch / source.name
    package.mkdir()
    for name in MODULES:
        shutil.copy(source / name, package)
    for name in PACKAGES:
        shutil.copytree(source / name, package / name, ignore=shutil.ignore_patterns("__pycache__"))
    return package
