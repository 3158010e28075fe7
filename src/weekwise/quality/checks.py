"""All that a contract asks of a table, check by check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from weekwise.contract.column import Bound, Column, Severity
from weekwise.contract.describe import limits, missing
from weekwise.contract.model import Contract, Expectation
from weekwise.contract.types import ColumnType, local_datetime
from weekwise.quality.figure_names import FRESHNESS, VOLUME, FigureName
from weekwise.quality.gx import PLACE


class CheckKind(StrEnum):
    """What a check looks at. The first four are about a table's structure."""

    COLUMN = "column"
    EXTRA_COLUMNS = "extra columns"
    ROW_COUNT = "row count"
    TYPE = "type"
    NOT_NULL = "missing values"
    MISSING_SHARE = "share of missing values"
    BETWEEN = "limits"
    IN_SET = "allowed values"
    UNIQUE = "uniqueness"
    KEY = "key"
    CUSTOM = "expectation"
    FRESHNESS = "freshness"
    VOLUME = "volume"


STRUCTURE = frozenset(
    {CheckKind.COLUMN, CheckKind.EXTRA_COLUMNS, CheckKind.ROW_COUNT, CheckKind.TYPE}
)
GROWTH = frozenset({CheckKind.FRESHNESS, CheckKind.VOLUME})
"""Checks of figures that are measured of the table, with limits from its past."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check before it is a Great Expectations expectation.

    Attributes:
        expectation: Great Expectations' name for it.
        kind: What it looks at.
        severity: What follows when it fails.
        description: What must hold, in words.
        columns: The columns it looks at; none if it looks at the table.
        arguments: The expectation's keyword arguments.
    """

    expectation: str
    kind: CheckKind
    severity: Severity
    description: str
    columns: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def meta(self, place: int) -> dict[str, Any]:
        """What the expectation carries, in its suite's JSON and in every result."""
        return {
            PLACE: place,
            "kind": self.kind.value,
            "severity": self.severity.value,
            "columns": list(self.columns),
            "description": self.description,
        }


def checks(contract: Contract) -> Iterator[Check]:
    """All that a contract asks of a table: the structure first, then each column's values."""
    yield from _structure(contract)
    for name, column in contract.columns.items():
        yield from _values(name, column)
    if contract.key:
        yield _key(contract)
    for further in contract.expectations:
        yield _further(further)
    yield from _growth(contract)


def _structure(contract: Contract) -> Iterator[Check]:
    for name in contract.columns:
        described = f"column {name}"
        yield _check("column_to_exist", CheckKind.COLUMN, Severity.STOP, described, name)
    yield Check(
        "expect_table_columns_to_match_set",
        CheckKind.EXTRA_COLUMNS,
        contract.extra_columns,
        "no column that the contract does not have",
        arguments={"column_set": list(contract.columns), "exact_match": True},
    )
    yield Check(
        "expect_table_row_count_to_be_between",
        CheckKind.ROW_COUNT,
        Severity.STOP,
        f"at least {contract.min_rows:,} row{'' if contract.min_rows == 1 else 's'}",
        arguments={"min_value": contract.min_rows},
    )
    for name, column in contract.columns.items():
        yield _type(name, column.type)


def _type(name: str, column_type: ColumnType) -> Check:
    facts = column_type.facts
    described = f"{facts.values_in_words} ({column_type})"
    expectation = f"column_{facts.expectation.name}"
    arguments = facts.expectation.arguments
    return _check(expectation, CheckKind.TYPE, Severity.STOP, described, name, **arguments)


def _values(name: str, column: Column) -> Iterator[Check]:
    severity = column.severity
    if column.missing_share == 0:
        described = "a value in every row"
        yield _check("column_values_to_not_be_null", CheckKind.NOT_NULL, severity, described, name)
    elif column.missing_share < 1:
        described = f"{missing(column)} missing"
        mostly = {"mostly": 1 - column.missing_share}
        expectation = "column_values_to_not_be_null"
        yield _check(expectation, CheckKind.MISSING_SHARE, severity, described, name, **mostly)
    if bounds := _bounds(column):
        described = limits(column) if has_limits(column) else "finite numbers"
        expectation = "column_values_to_be_between"
        yield _check(expectation, CheckKind.BETWEEN, severity, described, name, **bounds)
    if column.values is not None:
        described = f"one of {limits(column)}"
        allowed = {"value_set": list(column.values)}
        expectation = "column_values_to_be_in_set"
        yield _check(expectation, CheckKind.IN_SET, severity, described, name, **allowed)
    if column.unique:
        described = "no value twice"
        yield _check("column_values_to_be_unique", CheckKind.UNIQUE, severity, described, name)


def _key(contract: Contract) -> Check:
    described = f"one row for each {', '.join(contract.key)}"
    severity, names = contract.duplicates, contract.key
    if len(names) == 1:
        return _check("column_values_to_be_unique", CheckKind.KEY, severity, described, names[0])
    arguments = {"column_list": list(names)}
    expectation = "expect_compound_columns_to_be_unique"
    return Check(expectation, CheckKind.KEY, severity, described, names, arguments)


def _further(check: Expectation) -> Check:
    arguments = ", ".join(f"{key}={value!r}" for key, value in check.arguments.items())
    return Check(
        check.expectation,
        CheckKind.CUSTOM,
        check.severity,
        check.description.strip() or f"{check.expectation}({arguments})",
        check.columns,
        check.arguments,
    )


def _growth(contract: Contract) -> Iterator[Check]:
    """Checks of the table's figures, whose limits Great Expectations is given with the table."""
    freshness = [(name, CheckKind.FRESHNESS, contract.freshness) for name in FRESHNESS]
    volume = [(name, CheckKind.VOLUME, contract.volume) for name in VOLUME]
    for name, kind, severity in [*freshness, *volume]:
        if severity is None or not _is_measured(name, contract):
            continue
        limits = {
            f"{side}_value": {"$PARAMETER": f"{name.parameter}_{side}"} for side in ("min", "max")
        }
        yield Check(
            "expect_column_values_to_be_between",
            kind,
            severity,
            f"{name} as in the table's past",
            (str(contract.time),),
            {"column": name.value, **limits},
        )


def _is_measured(name: FigureName, contract: Contract) -> bool:
    """Whether a table can have a figure: times of day need a clock, outcomes a target."""
    match name:
        case FigureName.SHIFT:
            return not contract.columns[str(contract.time)].type.facts.whole
        case FigureName.OUTCOMES:
            return contract.target is not None
    return True


def _check(
    expectation: str,
    kind: CheckKind,
    severity: Severity,
    described: str,
    column: str,
    **arguments: Any,
) -> Check:
    arguments = {"column": column, **arguments}
    return Check(f"expect_{expectation}", kind, severity, described, (column,), arguments)


def has_limits(column: Column) -> bool:
    """Whether a contract sets limits to a column's values; a type may have some of its own."""
    return column.min is not None or column.max is not None


def _bounds(column: Column) -> dict[str, Any]:
    """Both limits, as far as the column or its type has them."""
    low, high = column.type.facts.frame_limits
    low = low if column.min is None else _comparable(column.min)
    high = high if column.max is None else _comparable(column.max)
    bounds = {"min_value": low, "max_value": high}
    return {key: bound for key, bound in bounds.items() if bound is not None}


def _comparable(limit: Bound) -> Any:
    """A limit that GX can compare with a column: pandas compares no plain date."""
    return local_datetime(limit) if isinstance(limit, date) else limit
