"""Great Expectations, quiet and one thread at a time. Nothing is imported from it before use."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite, ExpectationValidationResult
    from great_expectations.data_context.data_context.abstract_data_context import (
        AbstractDataContext,
    )
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from pyspark.sql import DataFrame

LOCK = threading.RLock()
"""Held around every use: contexts share global state, and one context used by eight threads gave
results that were computed on another thread's frame."""

PLACE = "place"
"""Key in an expectation's meta of its number in the suite: GX reorders the results of expectations
that raise."""

_LARGE_ROWS = 50_000
"""Rows from which a frame is checked some columns at a time."""
_COLUMNS_A_PART = 4

_DETAILS = {"result_format": "COMPLETE", "return_unexpected_index_query": False}


@cache
def load() -> ModuleType:
    """Great Expectations itself, imported when first needed (6 s), sending no usage data."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    with LOCK, quiet():
        import great_expectations
        import great_expectations.expectations
        from great_expectations.execution_engine import pandas_execution_engine
    # It hashes each frame of less than so many bytes, for a fingerprint that nothing reads: half
    # the time that a large table's check takes, and several times its memory.
    pandas_execution_engine.HASH_THRESHOLD = 0
    # This module sets its own level on import. It tells of every folder it makes, and logs what it
    # raises besides.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.CRITICAL)
    return great_expectations


@contextmanager
def quiet() -> Iterator[None]:
    """Keep to itself what Great Expectations has to say about deprecations and its own files."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        # It writes lost settings again, and leaves the variables beside them as they are.
        warnings.filterwarnings("ignore", "Warning. An existing `config_variables.yml`")
        yield


def without_progress_bars(context: AbstractDataContext) -> AbstractDataContext:
    """A context that draws no bars on the terminal; this sets it on the context given."""
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


@contextmanager
def _configurations_made_once() -> Iterator[None]:
    """Let an expectation make its configuration once, not again for each of its arguments.

    That is half the time of a validation. Expectations stay as they are while they validate; hold
    the lock around it.
    """
    from great_expectations.expectations.expectation import Expectation

    kind: Any = Expectation
    made: dict[int, tuple[Any, Any]] = {}
    original = kind.configuration

    def configuration(self: Any) -> Any:
        # The expectation is kept too, so that no other one gets its id meanwhile.
        if id(self) not in made:
            made[id(self)] = self, original.fget(self)
        return made[id(self)][1]

    kind.configuration = property(configuration)
    try:
        yield
    finally:
        kind.configuration = original


@contextmanager
def _validating() -> Iterator[AbstractDataContext]:
    """A context of its own that nobody else uses meanwhile; it leaves no files."""
    gx = load()
    with LOCK, quiet(), _configurations_made_once():
        yield without_progress_bars(gx.get_context(mode="ephemeral"))


def validated(
    frame: pd.DataFrame,
    checks: Sequence[ExpectationConfiguration],
    parameters: Mapping[str, Any] | None = None,
) -> list[ExpectationValidationResult]:
    """Each check's result on a frame, in the checks' order.

    All are first asked for yes or no, which is twice as fast as asking for details; those that say
    no are asked again for everything, the positions of all offending rows included.

    Args:
        frame: Rows numbered from 0.
        checks: What must hold; each has its number in the suite in its meta.
        parameters: What stands in a check's arguments as `{"$PARAMETER": name}`, by name.
    """
    if not checks:
        return []
    results: dict[int, ExpectationValidationResult] = {}
    with _validating() as context:
        asset = context.data_sources.add_pandas("weekwise").add_dataframe_asset("table")
        definition = asset.add_batch_definition_whole_dataframe("whole")
        given = None if parameters is None else dict(parameters)
        for columns, asked in _parts(frame, checks):
            part = frame if columns is None else frame[columns]
            batch = definition.get_batch({"dataframe": part})
            answers = batch.validate(
                _suite(asked), result_format="BOOLEAN_ONLY", expectation_parameters=given
            )
            results |= _by_place(answers)
            failed = [check for check in asked if not results[check.meta[PLACE]].success]
            if failed:
                details = batch.validate(
                    _suite(failed), result_format=_DETAILS, expectation_parameters=given
                )
                results |= _by_place(details)
    return [results[check.meta[PLACE]] for check in checks]


def _parts(
    frame: pd.DataFrame, checks: Sequence[ExpectationConfiguration]
) -> list[tuple[list[str] | None, list[ExpectationConfiguration]]]:
    """Columns of a large frame with the checks that look at no others; None for all columns.

    For each column that Great Expectations checks it copies the frame's rows in which it is there,
    with all their columns: on a wide frame that is most of a check's time and memory.
    """
    if len(frame) < _LARGE_ROWS:
        return [(None, [*checks])]
    of_columns: dict[tuple[str, ...], list[ExpectationConfiguration]] = {}
    whole = []
    for check in checks:
        if _looks_at_its_columns(check):
            of_columns.setdefault(tuple(check.meta["columns"]), []).append(check)
        else:
            whole.append(check)
    parts: list[tuple[list[str] | None, list[ExpectationConfiguration]]] = []
    if whole:
        parts.append((None, whole))
    for names, asked in of_columns.items():
        known, together = parts[-1] if parts else (None, [])
        if known is not None and len({*known, *names}) <= _COLUMNS_A_PART:
            parts[-1] = ([*dict.fromkeys([*known, *names])], [*together, *asked])
        else:
            parts.append(([*names], [*asked]))
    return parts


def _looks_at_its_columns(check: ExpectationConfiguration) -> bool:
    """Whether a check looks at the columns that it names, and at no others."""
    return (
        check.type.startswith(("expect_column_values_", "expect_compound_columns_"))
        and "row_condition" not in check.kwargs
        and bool(check.meta["columns"])
    )


def holds_on_spark(frame: DataFrame, checks: Sequence[ExpectationConfiguration]) -> bool:
    """Whether all rows of a Spark frame hold all of some checks, as its workers say.

    Args:
        frame: The rows.
        checks: What each row must hold.
    """
    with _validating() as context:
        # As a table of its own, the rows would be kept in the workers' memory.
        source = context.data_sources.add_spark("weekwise", persist=False)
        asset = source.add_dataframe_asset("table")
        batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
        answers = batch.validate(_suite(checks), result_format="BOOLEAN_ONLY")
    return bool(answers.success)


def _suite(checks: Sequence[ExpectationConfiguration]) -> ExpectationSuite:
    suite: ExpectationSuite = load().ExpectationSuite(name="checks", expectations=[*checks])
    return suite


def _by_place(outcome: Any) -> dict[int, ExpectationValidationResult]:
    return {result.expectation_config.meta[PLACE]: result for result in outcome.results}
