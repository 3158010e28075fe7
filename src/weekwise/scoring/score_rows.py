"""Rows in, predictions out: in batches, so that memory does not grow with the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from weekwise.contract.sql_engine import quoted
from weekwise.errors import DataGateError, FeedError
from weekwise.model.predictor import Predictor
from weekwise.read_ahead import read_ahead
from weekwise.scoring.table_writer import TableWriter
from weekwise.scoring.typed_rows import COLUMNS, FAULTS, PLAIN, REASONS, TypedRows, typed_rows
from weekwise.wording import listed, nearest

BATCH_ROWS = 100_000
VERSION = "model_version"
WHY = "refused_because"

OnRows = Callable[[int], None]


@dataclass
class ScoringResult:
    """What became of a table's rows.

    Attributes:
        rows: How many there are.
        refused: How many of them could not be predicted.
        faults: How many were refused for a column, or for some together, by their names.
        absent: Columns that the model takes and the table does not have; all rows lack them.
    """

    rows: int = 0
    refused: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    absent: tuple[str, ...] = ()


def score_rows(
    rows: duckdb.DuckDBPyRelation,
    predictor: Predictor,
    version: str,
    output: Path,
    refused: Path,
    *,
    on_rows: OnRows = lambda _: None,
) -> ScoringResult:
    """Predict every row of a relation that the contract lets pass, and write both kinds.

    Args:
        rows: Raw rows in any types, shape (n, any).
        predictor: The model.
        version: Its version, which stands in each row.
        output: Written with the rows that are predicted, in the order of `rows`: their own columns,
            the task's (such as `probability` and `decision`), and `model_version`.
        refused: Written with the other rows: their own columns, and `refused_because`.
        on_rows: Told how many rows are done, after each batch.

    Raises:
        DataGateError: If there is no column that every row must have.
        FeedError: If a column would stand in the output twice.
    """
    typed = typed_rows(rows, predictor.contract, predictor.inputs.raw)
    _refuse_absent(rows, predictor, typed)
    _refuse_taken(rows, predictor)
    query = f"{_own_columns(rows)}, {typed.sql}"
    own = rows.select(_own_columns(rows)).limit(0).to_arrow_table().schema
    done = ScoringResult(absent=typed.absent)
    answers = _answers(predictor)
    with ExitStack() as stack:
        right = stack.enter_context(TableWriter(output, pa.schema([*own, *answers])))
        wrong = stack.enter_context(TableWriter(refused, own.append(pa.field(WHY, pa.string()))))
        for batch in read_ahead(rows.select(query).to_arrow_reader(BATCH_ROWS)):
            _score_batch(batch, own, typed, (predictor, version, answers), (right, wrong), done)
            on_rows(done.rows)
    return done


def _score_batch(
    batch: pa.RecordBatch,
    own: pa.Schema,
    typed: TypedRows,
    model: tuple[Predictor, str, pa.Schema],
    writers: tuple[TableWriter, TableWriter],
    done: ScoringResult,
) -> None:
    predictor, version, answers = model
    right, wrong = writers
    is_wrong = pc.is_valid(batch[FAULTS])
    done.rows += batch.num_rows
    refused = batch.num_rows - batch[FAULTS].null_count
    if refused:
        bad = batch.filter(is_wrong)
        done.refused += refused
        reasons, columns = (pc.struct_field(bad[FAULTS], each) for each in (REASONS, COLUMNS))
        for counted in pc.value_counts(columns).to_pylist():
            done.faults[counted["values"]] += counted["counts"]
        wrong.write([*(bad[name] for name in own.names), reasons])
        batch = batch.filter(pc.invert(is_wrong))
    if not batch.num_rows:
        return
    predicted = predictor.predict(_frame(batch, typed, predictor))
    columns = predictor.task.output_frame(predicted, predictor.settings)
    made = [pa.array(columns[f.name], type=f.type, from_pandas=True) for f in list(answers)[:-1]]
    versions = pa.repeat(pa.scalar(version, pa.string()), batch.num_rows)
    right.write([*(batch[name] for name in own.names), *made, versions])


def _frame(batch: pa.RecordBatch, typed: TypedRows, predictor: Predictor) -> pd.DataFrame:
    """What the model takes of a batch, with the aggregates that its rows lack."""
    # Text is compared once a value, not once a row, where nothing is computed from it.
    is_plain = predictor.lookup is None and not predictor.inputs.derived.names
    columns = {}
    for name, values in typed.in_batch(batch).items():
        is_text = pa.types.is_string(values.type)
        columns[name] = values.dictionary_encode() if is_text and is_plain else values
    frame = pa.table(columns).to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    return frame if predictor.lookup is None else predictor.lookup.in_frame(frame)


def _own_columns(rows: duckdb.DuckDBPyRelation) -> str:
    """The relation's columns, in types that every kind of file has."""
    return ", ".join(
        quoted(name)
        if kind.id in PLAIN
        else f"CAST({quoted(name)} AS {'DOUBLE' if 'hugeint' in kind.id else 'VARCHAR'}) "
        f"AS {quoted(name)}"
        for name, kind in zip(rows.columns, rows.types, strict=True)
    )


def _answers(predictor: Predictor) -> pa.Schema:
    """The columns that are added to each row."""
    return pa.schema(
        [
            *(pa.field(each.name, _arrow(each.type.dtype)) for each in predictor.task.outputs),
            pa.field(VERSION, pa.string()),
        ]
    )


def _arrow(dtype: str) -> pa.DataType:
    kind = np.dtype(dtype)
    return pa.string() if kind.kind in "OUT" else pa.from_numpy_dtype(kind)


def _refuse_absent(rows: duckdb.DuckDBPyRelation, predictor: Predictor, typed: TypedRows) -> None:
    """Refuse a table without a column that every row must have."""
    columns = predictor.contract.columns
    needed = [name for name in typed.absent if columns[name].refuses_missing]
    if not needed:
        return
    hints = ((name, nearest(name, rows.columns)) for name in needed)
    words = [f"{name} ({hint})" if hint else name for name, hint in hints]
    raise DataGateError(
        f"the table lacks {len(needed)} of the {len(typed.columns)} columns that the model takes "
        f"and every row must have: {listed(words, 10)}; add or rename them"
    )


def _refuse_taken(rows: duckdb.DuckDBPyRelation, predictor: Predictor) -> None:
    """Refuse a table that has a column of predictions already."""
    made = {*predictor.task.output_names, VERSION, WHY, FAULTS}
    taken = [name for name in rows.columns if name.lower() in made]
    if taken:
        raise FeedError(
            f"the table has {listed(taken)} already, which predictions are stored in; "
            "rename or drop them"
        )
