"""One column of a contract: its type, role, limits, and what follows when it breaks them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from weekwise.contract.aggregate import Aggregate
from weekwise.contract.frozen import Frozen
from weekwise.contract.lookup import Lookup
from weekwise.contract.types import ColumnType, local_datetime
from weekwise.wording import nearest

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


class Serving(Frozen):
    """How the service treats a row's awkward values.

    Attributes:
        missing: Whether a row without this value is predicted (with a warning) or refused. Left
            out, it follows `missing`: refused where a value may never be missing.
        unseen: Whether a category outside `values` is predicted (with a warning) or refused.
        logged: Whether the service's request log, where there is one, keeps the value. It does not
            keep what a person could be known by if this is false.
    """

    missing: OnServing | None = None
    unseen: OnServing = OnServing.REFUSE
    # A contract that does not say it stays what it was.
    logged: bool = Field(default=True, exclude_if=lambda logged: logged)


def _with_labels(values: Any, info: ValidationInfo) -> Any:
    """Allowed values with their labels, from a plain list or from a contract's own JSON."""
    if isinstance(values, list):
        return {value: str(value) for value in values}
    if isinstance(values, dict) and info.mode == "json" and "type" in info.data:
        # JSON's keys are text.
        read = info.data["type"].facts.allowed_from_text
        return {read(value): label for value, label in values.items()}
    return values


def _word_lists(synonyms: Any, info: ValidationInfo) -> Any:
    """Other words by value, a single one for a list of one, from YAML or a contract's own JSON."""
    if not isinstance(synonyms, dict):
        return synonyms
    lists = {
        value: [words] if isinstance(words, str) else words for value, words in synonyms.items()
    }
    return _with_labels(lists, info)


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
        synonyms: Other words for some of the `values`, by value, such as `{N: upper}` or
            `{N: [upper, top]}`. People find the value by them; no model sees them.
        chance_of: For a target of yes or no: what yes is, as the end of "41% chance of …", such as
            `being late`.
        unique: Whether every value must differ from every other.
        serving: What a missing value or an unseen category means to the service.
        severity: What follows when a check of this column's values fails.
        expression: For a derived column: one SQL expression over other columns of the same row, in
            DuckDB's dialect. In a contract its key is `from`.
        aggregate: For a number that other rows give: how it is made from them. It may be missing
            everywhere unless `missing` says less: the first rows have no past. A request to the
            service need not have it.
        lookup: For a value that follows from those of other columns: the table by which forms fill
            it in.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    type: ColumnType
    role: Role
    title: str
    description: str = ""
    unit: str | None = None
    missing: Literal["never"] | Share = "never"
    min: Bound | None = None
    max: Bound | None = None
    values: Annotated[dict[str | int | bool, str] | None, BeforeValidator(_with_labels)] = None
    # A contract without these two stays what it was.
    synonyms: Annotated[dict[str | int | bool, tuple[str, ...]], BeforeValidator(_word_lists)] = (
        Field(default_factory=dict, exclude_if=lambda words: not words)
    )
    chance_of: str | None = Field(
        default=None, min_length=1, exclude_if=lambda words: words is None
    )
    unique: bool = False
    serving: Serving = Serving()
    severity: Severity = Severity.STOP
    expression: str | None = Field(
        default=None,
        alias="from",
        min_length=1,
        # A contract without derived columns stays what it was.
        exclude_if=lambda sql: sql is None,
    )
    aggregate: Aggregate | None = Field(default=None, exclude_if=lambda made: made is None)
    lookup: Lookup | None = Field(default=None, exclude_if=lambda table: table is None)

    @model_validator(mode="after")
    def _aggregates_may_be_missing(self) -> Column:
        if self.aggregate is not None and "missing" not in self.model_fields_set:
            object.__setattr__(self, "missing", 1.0)
        return self

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
    def _synonyms_are_of_values(self) -> Column:
        for value in self.synonyms:
            if value not in (self.values or ()):
                near = nearest(str(value), map(str, self.values or ()))
                hint = near or "list it there, or leave it out"
                raise ValueError(f"synonyms name {value!r}, which is not under values; {hint}")
        return self

    @model_validator(mode="after")
    def _chance_is_of_yes(self) -> Column:
        if self.chance_of and not (self.role is Role.TARGET and self.type.facts.boolean):
            raise ValueError("chance_of is for a target of type boolean; leave it out")
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
        """Whether the service refuses a row without this value; it looks aggregates up."""
        if self.aggregate is not None:
            return False
        if self.serving.missing is not None:
            return self.serving.missing is OnServing.REFUSE
        return self.never_missing


def _is_after(low: Any, high: Any) -> bool:
    """Whether `low` is over `high`, a date counting as its midnight."""
    if isinstance(low, date) and isinstance(high, date):
        return local_datetime(low) > local_datetime(high)
    return bool(low > high)
