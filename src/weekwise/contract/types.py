"""The types that a column can have: one record of facts a type.

Each system has one converter that reads these records: `weekwise.contract.derive` for Ibis, pandas
and MLflow, `weekwise.contract.row` for Pydantic, `weekwise.quality` for Great Expectations,
`api.rows` for JSON. None of them asks which type it has, so a new type is one more record here.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field

from weekwise.contract.type_facts import (
    JsonType,
    MLflowType,
    SQLType,
    TaskName,
    TypeExpectation,
    TypeFacts,
)

INT64 = (-(2**63), 2**63 - 1)
"""The smallest and the largest integer of 64 bits."""

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[0-9]{2}:[0-9]{2}"

_SQL_TEXTS, _SQL_TIMES = ("VARCHAR", "ENUM"), ("DATE", "TIMESTAMP")
_SQL_NUMBERS = (
    *("DOUBLE", "FLOAT", "DECIMAL", "BOOLEAN"),
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
)


def local_datetime(moment: date) -> datetime:
    """A date as its midnight, and a time without its offset: contracts are in local time."""
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=None)
    return datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - local time


def _as_date(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _truth(text: str) -> bool:
    if text not in ("True", "False"):
        raise ValueError(f"{text!r} is neither True nor False")
    return text == "True"


def _of_dtype(dtype: str) -> TypeExpectation:
    return TypeExpectation("values_to_be_of_type", {"type_": dtype})


def _of_class(name: str) -> TypeExpectation:
    # GX knows pandas' own types by their classes, and in lists of types alone.
    return TypeExpectation("values_to_be_in_type_list", {"type_list": [name]})


_TEXT = TypeFacts(
    values_in_words="text",
    value_in_words="text",
    textual=True,
    ibis="string",
    sql=SQLType("VARCHAR", (*_SQL_TEXTS, *_SQL_NUMBERS, *_SQL_TIMES)),
    pandas="str",
    inferred=frozenset({"string"}),
    mlflow=MLflowType("string", "object"),
    expectation=_of_dtype("str"),
    python=str,
    json=JsonType(parsed=frozenset({str}), schema={"type": "string"}),
    allowed=str,
)


class ColumnType(StrEnum):
    """What a column holds.

    Attributes:
        facts: All that is known of the type.
    """

    facts: TypeFacts

    def __new__(cls, value: str, facts: TypeFacts) -> Self:
        """A type is its name in contracts, and carries its facts."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.facts = facts
        return member

    STRING = "string", _TEXT
    CATEGORY = "category", replace(_TEXT, feature=True, task=TaskName.MULTICLASS)
    INTEGER = (
        "integer",
        TypeFacts(
            values_in_words="whole numbers",
            value_in_words="a whole number",
            numeric=True,
            whole=True,
            feature=True,
            task=TaskName.REGRESSION,
            task_of_values=TaskName.MULTICLASS,
            ibis="int64",
            sql=SQLType("BIGINT", _SQL_NUMBERS),
            pandas="Int64",
            inferred=frozenset({"integer"}),
            mlflow=MLflowType("long", "int64"),
            # https://mlflow.org/docs/latest/ml/model/signatures/#working-with-missing-values
            mlflow_optional=MLflowType("double", "float64"),
            expectation=_of_class("Int64Dtype"),
            python=int,
            json=JsonType(
                parsed=frozenset({int}),
                schema={"type": "integer", "format": "int64"},
                limits=INT64,
                from_example=int,
            ),
            allowed=int,
            allowed_from_text=int,
            limits=(int, float),
        ),
    )
    NUMBER = (
        "number",
        TypeFacts(
            values_in_words="numbers",
            value_in_words="a number",
            numeric=True,
            feature=True,
            task=TaskName.REGRESSION,
            ibis="float64",
            sql=SQLType("DOUBLE", _SQL_NUMBERS, may_be_infinite=True),
            pandas="float64",
            inferred=frozenset({"floating", "decimal", "mixed-integer-float"}),
            mlflow=MLflowType("double", "float64"),
            expectation=_of_dtype("float64"),
            # A number without limits must still be finite.
            frame_limits=(-sys.float_info.max, sys.float_info.max),
            python=Annotated[float, Field(allow_inf_nan=False)],
            json=JsonType(parsed=frozenset({int, float}), schema={"type": "number"}),
            limits=(int, float),
        ),
    )
    BOOLEAN = (
        "boolean",
        TypeFacts(
            values_in_words="true or false",
            value_in_words="true or false",
            boolean=True,
            feature=True,
            task=TaskName.BINARY,
            ibis="boolean",
            sql=SQLType("BOOLEAN", ("BOOLEAN",)),
            pandas="boolean",
            inferred=frozenset({"boolean"}),
            # NumPy's own booleans hold no missing value.
            mlflow=MLflowType("boolean", "object"),
            expectation=_of_class("BooleanDtype"),
            python=bool,
            json=JsonType(parsed=frozenset({bool}), schema={"type": "boolean"}),
            allowed=bool,
            allowed_from_text=_truth,
        ),
    )
    DATE = (
        "date",
        TypeFacts(
            values_in_words="dates",
            value_in_words="a date such as 2030-07-15",
            temporal=True,
            whole=True,
            ibis="date",
            sql=SQLType("DATE", _SQL_TIMES),
            pandas="datetime64[us]",
            inferred=frozenset({"date"}),
            mlflow=MLflowType("datetime", "datetime64[ns]"),
            expectation=_of_dtype("datetime64[us]"),
            python=date,
            json=JsonType(
                parsed=frozenset({str}),
                schema={"type": "string", "format": "date", "pattern": f"^{_DAY}$"},
                common_form=_DAY,
                from_example=lambda value: str(value)[:10],
            ),
            limits=(date,),
            as_limit=_as_date,
        ),
    )
    DATETIME = (
        "datetime",
        TypeFacts(
            values_in_words="dates with times",
            value_in_words="a date and time such as 2030-07-15T17:45, local or with an offset",
            temporal=True,
            ibis="timestamp(6)",
            sql=SQLType("TIMESTAMP", _SQL_TIMES),
            pandas="datetime64[us]",
            inferred=frozenset({"datetime", "datetime64"}),
            mlflow=MLflowType("datetime", "datetime64[ns]"),
            expectation=_of_dtype("datetime64[us]"),
            python=datetime,
            json=JsonType(
                parsed=frozenset({str}),
                schema={
                    "type": "string",
                    # Of the zone that the contract names; one with an offset is converted to it.
                    # https://spec.openapis.org/registry/format/date-time-local
                    "format": "date-time-local",
                    "pattern": rf"^{_DAY}[T ]{_CLOCK}(:[0-9]{{2}}(\.[0-9]{{1,9}})?)?"
                    r"(Z|[+-][0-9]{2}:[0-9]{2})?$",
                },
                common_form=rf"{_DAY}T{_CLOCK}(?::[0-9]{{2}})?",
                from_example=lambda value: str(value).replace(" ", "T"),
            ),
            limits=(date,),
            as_limit=local_datetime,
        ),
    )
