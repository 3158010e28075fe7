"""A table that does not grow as it did, in words that a person can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from weekwise.contract.column import Severity
from weekwise.contract.model import Contract
from weekwise.quality.figure_names import FigureName
from weekwise.quality.freshness import Figure
from weekwise.quality.gate_result import Failure
from weekwise.quality.value_failures import examples, kind_of, raised

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult


def figure_failure(
    result: ExpectationValidationResult,
    measured: Mapping[FigureName, Figure],
    frame: pd.DataFrame,
    contract: Contract,
) -> Failure:
    """A figure of the table that is not as in its past.

    Args:
        result: Of its check.
        measured: The table's figures.
        frame: The table, rows numbered from 0.
        contract: What it must be.
    """
    config = result.expectation_config
    if config is None:
        raise TypeError("a result without its expectation")
    figure = measured[FigureName(config.kwargs["column"])]
    kind, error = kind_of(result), raised(result)
    column = contract.target if figure.name is FigureName.OUTCOMES else contract.time
    count = len(figure.rows) or None
    return Failure(
        column=None if figure.name is FigureName.ROWS else column,
        check=kind,
        severity=Severity(config.meta["severity"]),
        expected=figure.expected,
        got=f"an error from Great Expectations: {error}" if error else figure.got,
        count=count,
        share=None if count is None else count / len(frame),
        examples=examples(frame, contract, [str(contract.time)], figure.rows),
        next_step=f"{_step(figure.name, contract)}. If it is as it should be, set {kind.value}: "
        f"warn in {contract.file}, or leave {kind.value} out there.",
    )


def _step(name: FigureName, contract: Contract) -> str:
    table = contract.table
    return {
        FigureName.AGE: f"Check that the feed of {table} still arrives",
        FigureName.AHEAD: f"Fix the dates in the feed of {table}",
        FigureName.SHIFT: f"Check the time zone in which the feed of {table} writes its times, "
        f"against timezone in {contract.file}",
        FigureName.ROWS: f"Check that the feed of {table} is complete and holds no row twice",
        FigureName.OUTCOMES: f"Check that the outcomes in the feed of {table} still arrive, or "
        "raise known_after_days if they take longer",
    }[name]
