"""What a table must be: the contract, as frozen Pydantic models.

A contract is the single source of truth for one table. Everything else that names columns (the
Great Expectations suite, the casts, the model's signature, the API's row model, the data
dictionary) is derived from it, in `weekwise.contract.derive` and `weekwise.quality.suite`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from weekwise.contract.aggregate import aggregate_names
from weekwise.contract.aggregate_checks import check_aggregates
from weekwise.contract.column import Column, Role, Severity, Share
from weekwise.contract.derived import check_derived, derived_names, raw_names
from weekwise.contract.frozen import Frozen
from weekwise.contract.lookup import check_lookups
from weekwise.contract.reserved import why_reserved
from weekwise.contract.type_facts import TaskName


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is no time zone; use a name such as Europe/Berlin, Asia/Tokyo or UTC"
        ) from None
    return name


Growth = Annotated[
    Literal[Severity.STOP, Severity.WARN] | None,
    Field(exclude_if=lambda severity: severity is None),
]
"""What follows when a table's last week is not like its past; unset, it is not looked at, and the
contract's JSON and hash are those of a contract without the key."""


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
        timezone: The zone whose clock the table's times show, by its IANA name. Times with an
            offset are converted to it; times without one are of this clock already.
        known_after_days: How many days after its time a row's target is known. Until then the row
            is predicted, and its target is not looked at.
        duplicates: What follows when two rows share a key. Quarantine takes all of them, but keeps
            one where they are exact copies.
        columns: The columns by name, in their order.
        extra_columns: What follows when the table has a column that is not listed here.
        min_rows: The fewest rows the table may have.
        freshness: What follows when the newest row is older than the past's gaps explain, rows are
            dated far ahead, or times of day have moved by hours. Left out, it is not looked at.
        volume: What follows when the last week has far fewer or more rows, or far fewer outcomes,
            than the weeks before. Left out, it is not looked at.
        quarantine_limit: The largest share of rows, from 0 to 1, that may go to quarantine before
            the run stops.
        expectations: Further checks.
    """

    table: str
    title: str
    description: str = ""
    source: str = ""
    key: tuple[str, ...] = ()
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    known_after_days: int = Field(default=0, ge=0)
    duplicates: Severity = Severity.STOP
    columns: dict[str, Column] = Field(min_length=1)
    extra_columns: Literal[Severity.STOP, Severity.WARN] = Severity.STOP
    min_rows: int = Field(default=1, ge=0)
    freshness: Growth = None
    volume: Growth = None
    quarantine_limit: Share = 0.01
    expectations: tuple[Expectation, ...] = ()
    _described_by: str = PrivateAttr(default="")
    _computed: frozenset[str] = PrivateAttr(default=frozenset())

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
    def _waiting_has_a_start(self) -> Contract:
        if self.known_after_days and self.time is None:
            raise ValueError(
                f"known_after_days is {self.known_after_days} and no column has role time to count "
                "from; give one column role: time, or leave known_after_days out"
            )
        return self

    @model_validator(mode="after")
    def _growth_has_a_time(self) -> Contract:
        for name in ("freshness", "volume"):
            if getattr(self, name) is not None and self.time is None:
                raise ValueError(
                    f"{name} is set and no column has role time to tell weeks by; give one column "
                    f"role: time, or leave {name} out"
                )
        return self

    @model_validator(mode="after")
    def _names_are_free(self) -> Contract:
        for name, column in self.columns.items() if self.target is not None else ():
            fault = why_reserved(name)
            if fault and not (column.role is Role.CONTEXT and column.type.facts.whole):
                raise ValueError(f"column {name}: {fault}; rename it in the table")
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

    @model_validator(mode="after")
    def _derived_columns_can_be_computed(self) -> Contract:
        check_derived(self.columns)
        check_aggregates(self.columns)
        check_lookups(self.columns)
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
        key = tuple(name for name in self.key if name not in without)
        checks = tuple(check for check in self.expectations if columns.keys() >= {*check.columns})
        feed = self.model_copy(
            update={"table": table, "columns": columns, "key": key, "expectations": checks}
        )
        feed._described_by = self.table  # noqa: SLF001 - of its own class
        feed._computed = frozenset(self.computed).intersection(without)  # noqa: SLF001
        return feed

    @property
    def file(self) -> str:
        """Where a person changes it, in the environment's folder."""
        return f"contracts/{self._described_by or self.table}.yml"

    def is_computed(self, name: str) -> bool:
        """Whether wrangling computes a column that the table itself must not have."""
        return name in self._computed

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
        """Names of the raw columns that a model may be given: the time, and what features are from.

        A derived feature stands for the columns it is computed from. An aggregate may be given, and
        stands besides for the columns by which it is looked up.
        """
        return raw_names(self.names(Role.TIME, Role.FEATURE), self.columns)

    @property
    def derived(self) -> list[str]:
        """Names of the columns that are computed from others, in the table's order."""
        return derived_names(self.columns)

    @property
    def aggregates(self) -> list[str]:
        """Names of the columns that other rows give, in the table's order."""
        return aggregate_names(self.columns)

    @property
    def computed(self) -> list[str]:
        """Names of the columns that wrangling computes, in the table's order."""
        return [name for name in self.columns if name in {*self.derived, *self.aggregates}]

    @property
    def task(self) -> TaskName | None:
        """The kind of prediction the target asks for, if there is a target."""
        if self.target is None:
            return None
        column = self.columns[self.target]
        listed = column.type.facts.task_of_values if column.values is not None else None
        return listed or column.type.facts.task

    @property
    def hash(self) -> str:
        """SHA-256 of the contract's canonical JSON, 64 hexadecimal digits."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


Contracts = Mapping[str, Contract]
