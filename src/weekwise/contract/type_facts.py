"""What is known of a column type: the facts that other parts ask for.

One record a type stands in `weekwise.contract.types`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


def unchanged(value: Any) -> Any:
    """A value as it is."""
    return value


class TaskName(StrEnum):
    """The kind of prediction, as it follows from the target's type."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


@dataclass(frozen=True, slots=True)
class MLflowType:
    """A type in an MLflow signature.

    Attributes:
        name: An MLflow `DataType`: string, long, double, boolean or datetime.
        dtype: The plain NumPy dtype that MLflow reads as that type.
    """

    name: str
    dtype: str


@dataclass(frozen=True, slots=True)
class SQLType:
    """A type in DuckDB's SQL.

    Attributes:
        name: Its name.
        fitting: How the names of the types begin that are cast to it without a word.
        may_be_infinite: Whether it has values that are no finite numbers.
    """

    name: str
    fitting: tuple[str, ...]
    may_be_infinite: bool = False


@dataclass(frozen=True, slots=True)
class TypeExpectation:
    """What Great Expectations is asked of a column's type.

    Attributes:
        name: The expectation, without `expect_column_`.
        arguments: Its arguments, the column apart.
    """

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonType:
    """A type in a JSON row.

    Attributes:
        parsed: What a JSON parser makes of a value.
        schema: The JSON Schema of any value.
        limits: What holds besides the contract's limits, since JSON's numbers have no end.
        common_form: A regular expression of the most common form of a text that stands for a value
            of another kind; empty if there is none.
        from_example: From a value in a logged model's input example, which has MLflow's types.
    """

    parsed: frozenset[type]
    schema: Mapping[str, str]
    limits: tuple[int | None, int | None] = (None, None)
    common_form: str = ""
    from_example: Callable[[Any], Any] = unchanged


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeFacts:
    """All that other parts need to know of a type.

    Attributes:
        values_in_words: What a column of it holds, for people.
        value_in_words: What one value is, for people.
        numeric: Whether its values are numbers.
        textual: Whether its values are text.
        temporal: Whether its values are dates or times; only then can it be the time column.
        boolean: Whether its values are true or false.
        whole: Whether it takes whole numbers, or whole days, alone.
        feature: Whether a model can be given it.
        task: The kind of prediction of a target of it; none if it cannot be a target.
        task_of_values: The same of a target whose values the contract lists, if that is another.
        ibis: Its name in Ibis.
        sql: Its type in DuckDB.
        pandas: Its dtype in pandas, which can hold missing values.
        inferred: What `pandas.api.types.infer_dtype` calls values of it.
        mlflow: Its type in a model's signature.
        mlflow_optional: The same where a value may be missing, if that is another.
        expectation: What Great Expectations is asked of a column of it.
        frame_limits: What Great Expectations is asked where the contract has no limit.
        python: One value, as Pydantic checks it.
        json: One value in JSON.
        allowed: The Python type of the values that a contract may list; none if it may not.
        allowed_from_text: Reads one of them from its text, since JSON's keys are text.
        limits: The Python types that its limits may have; empty if it has none.
        as_limit: A limit in the type's own Python type.
    """

    values_in_words: str
    value_in_words: str
    numeric: bool = False
    textual: bool = False
    temporal: bool = False
    boolean: bool = False
    whole: bool = False
    feature: bool = False
    task: TaskName | None = None
    task_of_values: TaskName | None = None
    ibis: str
    sql: SQLType
    pandas: str
    inferred: frozenset[str] = frozenset()
    mlflow: MLflowType
    mlflow_optional: MLflowType | None = None
    expectation: TypeExpectation
    frame_limits: tuple[float | None, float | None] = (None, None)
    python: Any
    json: JsonType
    allowed: type[str] | type[int] | None = None
    allowed_from_text: Callable[[str], str | int] = str
    limits: tuple[type, ...] = ()
    as_limit: Callable[[Any], Any] = unchanged

    @property
    def has_time_of_day(self) -> bool:
        """Whether its values tell the time of day."""
        return self.temporal and not self.whole
