"""What a table must be: the contract, as frozen Pydantic models.

A contract is the single source of truth for one table. Everything else that names columns (the
Great Expectations suite, the casts, the model's signature, the API's row model, the data
dictionary) is derived from it, in `weekwise.contract.derive` and `weekwise.quality.suite`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    model_validator,
)

from weekwise.contract.types import ColumnType, TaskName, local_datetime

Share = Annotated[float, Field(ge=0, le=1)]
Bound = datetime | date | int | float


class Role(StrEnum):
    """What a column is for."""

    KEY = "key"
    TIME = "time"
    FEATURE = "feature"
    TARGET = "target"
    CONTEXT = "context"


class Severity(StrEnum):
    """What follows when a check fails."""

    STOP = "stop"
    QUARANTINE = "quarantine"
    WARN = "warn"


class OnServing(StrEnum):
    """What the service does with a value it cannot take at face value."""

    ACCEPT = "accept"
    REFUSE = "refuse"


class Frozen(BaseModel):
    """A value object: immutable, and strict about the keys it is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FrozenWithComputed(Frozen):
    """A value object whose JSON also holds what follows from its fields, and reads itself back."""

    @model_validator(mode="before")
    @classmethod
    def _computed_again(cls, data: Any) -> Any:
        """Leave out what follows from the rest."""
        if not isinstance(data, dict):
            return data
        return {
            name: value for name, value in data.items() if name not in cls.model_computed_fields
        }


class Serving(Frozen):
    """How the service treats a row's awkward values.

    Attributes:
        missing: Whether a row without this value is predicted (with a warning) or refused. Left
            out, it follows `missing`: refused where a value may never be missing.
        unseen: Whether a category outside `values` is predicted (with a warning) or refused.
    """

    missing: OnServing | None = None
    unseen: OnServing = OnServing.REFUSE


def _with_labels(values: Any, info: ValidationInfo) -> Any:
    """Allowed values with their labels, from a plain list or from a contract's own JSON."""
    if isinstance(values, list):
        return {value: str(value) for value in values}
    if isinstance(values, dict) and info.mode == "json" and "type" in info.data:
        # JSON's keys are text.
        read = info.data["type"].facts.allowed_from_text
        return {read(value): label for value, label in values.items()}
    return values


class Column(Frozen):
    """One column of a table.

    Attributes:
        type: What the column holds.
        role: What the column is for.
        title: A short name for people.
        description: One or two sentences for people.
        unit: The unit of the values, such as `min` or `mph`.
        missing: `never`, or the largest share of rows, from 0 to 1, that may lack a value.
        min: The smallest value allowed, itself included.
        max: The largest value allowed, itself included.
        values: The values allowed, each with its label; a list stands for values without labels.
        unique: Whether every value must differ from every other.
        serving: What a missing value or an unseen category means to the service.
        severity: What follows when a check of this column's values fails.
    """

    type: ColumnType
    role: Role
    title: str
    description: str = ""
    unit: str | None = None
    missing: Literal["never"] | Share = "never"
    min: Bound | None = None
    max: Bound | None = None
    values: Annotated[dict[str | int | bool, str] | None, BeforeValidator(_with_labels)] = None
    unique: bool = False
    serving: Serving = Serving()
    severity: Severity = Severity.STOP

    @model_validator(mode="after")
    def _limits_fit_the_type(self) -> Column:
        limits = [limit for limit in (self.min, self.max) if limit is not None]
        allowed = self.type.facts.limits
        if limits and not allowed:
            raise ValueError(f"min and max do not apply to type {self.type}; use values instead")
        if not all(isinstance(limit, allowed) for limit in limits):
            raise ValueError(f"min and max must be of the column's own type, {self.type}")
        if any(isinstance(limit, float) and not isfinite(limit) for limit in limits):
            raise ValueError("min and max must be finite; leave out a limit that there is not")
        if self.min is not None and self.max is not None and _is_after(self.min, self.max):
            raise ValueError(f"min {self.min} is over max {self.max}; swap or fix them")
        return self

    @model_validator(mode="after")
    def _values_fit_the_type(self) -> Column:
        allowed = self.type.facts.allowed
        if self.values is not None and allowed is None:
            raise ValueError(f"values do not apply to type {self.type}; use min and max instead")
        for value in self.values or ():
            # YAML reads a bare `no` as false and a bare `1` as a number.
            if type(value) is not allowed:
                raise ValueError(f"value {value!r} is not of type {self.type}; quote it in YAML")
        return self

    @model_validator(mode="after")
    def _role_fits_the_type(self) -> Column:
        facts = self.type.facts
        if self.role is Role.TARGET and facts.task is None:
            raise ValueError(f"a target cannot be of type {self.type}")
        if self.role is Role.TIME and not facts.temporal:
            raise ValueError(f"a time column must be a date or a datetime, not {self.type}")
        if self.role is Role.FEATURE and not facts.feature:
            raise ValueError(
                f"a feature cannot be of type {self.type}; "
                "use category for text, and derive numbers from dates"
            )
        return self

    @property
    def bounds(self) -> tuple[Bound | None, Bound | None]:
        """Both limits in the column's own type: a date for its midnight, and the reverse."""
        low, high = (
            None if limit is None else self.type.facts.as_limit(limit)
            for limit in (self.min, self.max)
        )
        return low, high

    @property
    def never_missing(self) -> bool:
        """Whether every row must have a value."""
        return self.missing == "never"

    @property
    def missing_share(self) -> float:
        """The largest share of rows, from 0 to 1, that may lack a value."""
        return 0.0 if self.missing == "never" else float(self.missing)

    @property
    def refuses_missing(self) -> bool:
        """Whether the service refuses a row without this value."""
        if self.serving.missing is not None:
            return self.serving.missing is OnServing.REFUSE
        return self.never_missing


def _is_after(low: Any, high: Any) -> bool:
    """Whether `low` is over `high`, a date counting as its midnight."""
    if isinstance(low, date) and isinstance(high, date):
        return local_datetime(low) > local_datetime(high)
    return bool(low > high)


class Expectation(Frozen):
    """A Great Expectations expectation, by its own name, where the short forms do not reach.

    Attributes:
        expectation: The name, such as `expect_column_pair_values_a_to_be_greater_than_b`.
        arguments: Its keyword arguments, as Great Expectations documents them.
        severity: What follows when it fails.
        description: Why it must hold, for people.
    """

    expectation: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    severity: Severity = Severity.STOP
    description: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns its arguments name."""
        named = [self.arguments.get(key) for key in ("column", "column_A", "column_B")]
        named += self.arguments.get("column_list", [])
        return tuple(name for name in named if name is not None)


class Contract(Frozen):
    """One table.

    Attributes:
        table: The table's name, the same as its dataset's in the catalog.
        title: A short name for people.
        description: What a row is, where the table comes from, what was decided about it.
        source: Where the data and its documentation come from.
        key: The columns that together tell one row from every other.
        duplicates: What follows when two rows share a key. Quarantine takes all of them, but keeps
            one where they are exact copies.
        columns: The columns by name, in their order.
        extra_columns: What follows when the table has a column that is not listed here.
        min_rows: The fewest rows the table may have.
        quarantine_limit: The largest share of rows, from 0 to 1, that may go to quarantine before
            the run stops.
        expectations: Further checks.
    """

    table: str
    title: str
    description: str = ""
    source: str = ""
    key: tuple[str, ...] = ()
    duplicates: Severity = Severity.STOP
    columns: dict[str, Column] = Field(min_length=1)
    extra_columns: Literal[Severity.STOP, Severity.WARN] = Severity.STOP
    min_rows: int = Field(default=1, ge=0)
    quarantine_limit: Share = 0.01
    expectations: tuple[Expectation, ...] = ()
    _described_by: str = PrivateAttr(default="")

    @model_validator(mode="after")
    def _roles_are_consistent(self) -> Contract:
        for role in (Role.TARGET, Role.TIME):
            named = self.names(role)
            if len(named) > 1:
                raise ValueError(
                    f"columns {', '.join(named)} all have role {role}; leave it to one of them"
                )
        for name in self.names(Role.KEY):
            if name not in self.key:
                raise ValueError(f"column {name} has role key but is not listed under key; add it")
        return self

    @model_validator(mode="after")
    def _names_exist(self) -> Contract:
        for name in self.key:
            self._must_have(name, "key")
            if not self.columns[name].never_missing:
                raise ValueError(f"key column {name} may be missing; set missing: never")
        for check in self.expectations:
            for name in check.columns:
                self._must_have(name, check.expectation)
        return self

    def _must_have(self, name: str, where: str) -> None:
        if name not in self.columns:
            raise ValueError(
                f"{where} names column {name}, which is not under columns; "
                f"add it or use one of: {', '.join(self.columns)}"
            )

    def of_feed(self, table: str, *, without: Collection[str] = ()) -> Contract:
        """The contract of a raw table that this one describes too, but for a few columns.

        Args:
            table: The raw table's name.
            without: Columns that wrangling adds to it.
        """
        columns = {name: column for name, column in self.columns.items() if name not in without}
        feed = self.model_copy(update={"table": table, "columns": columns})
        feed._described_by = self.table  # noqa: SLF001 - of its own class
        return feed

    @property
    def file(self) -> str:
        """Where a person changes it, in the environment's folder."""
        return f"contracts/{self._described_by or self.table}.yml"

    def names(self, *roles: Role) -> list[str]:
        """Names of the columns that have one of `roles`, in the table's order."""
        return [name for name, column in self.columns.items() if column.role in roles]

    @property
    def features(self) -> list[str]:
        """Names of the feature columns, in the table's order."""
        return self.names(Role.FEATURE)

    @property
    def target(self) -> str | None:
        """Name of the target column, if there is one."""
        return next(iter(self.names(Role.TARGET)), None)

    @property
    def time(self) -> str | None:
        """Name of the time column, if there is one."""
        return next(iter(self.names(Role.TIME)), None)

    @property
    def inputs(self) -> list[str]:
        """Names of the columns that a model is given: the time column and the features."""
        return self.names(Role.TIME, Role.FEATURE)

    @property
    def task(self) -> TaskName | None:
        """The kind of prediction the target asks for, if there is a target."""
        return None if self.target is None else self.columns[self.target].type.facts.task

    @property
    def hash(self) -> str:
        """SHA-256 of the contract's canonical JSON, 64 hexadecimal digits."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


Contracts = Mapping[str, Contract]
