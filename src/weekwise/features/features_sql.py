"""Features as one SELECT over the tables of the catalog, for an environment without Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis
import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from weekwise.contract.derive import FEED
from weekwise.errors import ConfigurationError
from weekwise.features.conform import Feed
from weekwise.features.engines import ENGINES

DIALECT = "duckdb"
AS_OF = "as_of"
_PREFIX, _RESULT = "features_sql_", "_rows"
_CLOCKS = (exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp, exp.Rand, exp.Uuid)
_CLOCK_NAMES = {"now", "today", "get_current_timestamp", "random", "uuid", "gen_random_uuid"}


@dataclass(frozen=True)
class FeaturesQuery:
    """A checked SELECT.

    Attributes:
        name: What messages call it.
        select: Its parsed text.
        tables: Names of the catalog's tables that it reads.
    """

    name: str
    select: exp.Query
    tables: tuple[str, ...]

    def over(self, tables: Mapping[str, Feed], as_of: date) -> ibis.Table:
        """The rows that it gives, in a table of the first engine that its tables are of.

        Args:
            tables: A table or frame for each name in `self.tables`.
            as_of: What `:as_of` stands for.

        Raises:
            ConfigurationError: If the engine refuses it, as for an unknown column.
        """
        of_engine = [
            table.get_backend()
            for table in tables.values()
            if isinstance(table, ibis.Table) and table.get_backend().name in ENGINES
        ]
        engine = of_engine[0] if of_engine else ibis.duckdb.connect()
        select = self.select.transform(_bound, as_of, frozenset(self.tables))
        copies = {f"{_PREFIX}{name}": table for name, table in tables.items()}
        try:
            for name, table in copies.items():
                own = isinstance(table, ibis.Table) and table.get_backend() is engine
                # Under a name of its own, which hides no table of the store.
                engine.create_table(
                    name, table if own else as_arrow(table), temp=True, overwrite=True
                )
            # Not a temporary one: another connection to the store reads it.
            rows = engine.sql(select.sql(DIALECT), dialect=DIALECT)
            made = engine.create_table(f"{_PREFIX}{_RESULT}", rows, overwrite=True)
            for name in copies:
                engine.drop_table(name)
        except Exception as error:
            reason = str(error).splitlines()[0]
            raise ConfigurationError(
                f"{self.name} cannot be computed: {reason}; correct it"
            ) from error
        return made if of_engine else ibis.memtable(made.to_pyarrow())

    def unbounded(self) -> list[str]:
        """Its aggregates and windows that nothing of `:as_of` bounds, as SQL.

        Only the words are read. An aggregate or window passes if its own SELECT compares with
        `:as_of` in WHERE, in FILTER or in the condition of a join, or if the window's frame ends
        at a row before. That the comparison is the right one cannot be told.
        """
        loose = []
        for part in self.select.find_all(exp.AggFunc, exp.Window):
            if isinstance(part, exp.AggFunc) and isinstance(part.parent, exp.Window | exp.Filter):
                continue
            select = part.find_ancestor(exp.Select)
            if not (_ends_before(part) or _bounded(part, select)):
                loose.append(part.sql(DIALECT))
        return loose


def parse_features(sql: str, name: str, catalog: set[str]) -> FeaturesQuery:
    """Check a features.sql by its words; nothing is computed.

    Args:
        sql: One SELECT in DuckDB's dialect.
        name: What messages call it.
        catalog: Names of the tables that it may read.

    Raises:
        ConfigurationError: If it is not one SELECT over these tables, `feed` among them, that
            gives the same whenever it is computed.
    """
    try:
        statements = [one for one in sqlglot.parse(sql, read=DIALECT) if one is not None]
    except SqlglotError as error:
        reason = str(error).splitlines()[0]
        raise ConfigurationError(
            f"{name} is no SQL that can be read: {reason}; correct it"
        ) from None
    if len(statements) != 1:
        raise ConfigurationError(
            f"{name} has {len(statements)} statements; write one SELECT, with WITH for its steps"
        )
    (select,) = statements
    if not isinstance(select, exp.Query):
        raise ConfigurationError(
            f"{name} is a {select.key.upper()} statement; write one SELECT over {FEED}"
        )
    _check_values(select, name)
    return FeaturesQuery(name, select, _tables(select, name, catalog))


def _check_values(select: exp.Query, name: str) -> None:
    for part in select.find_all(exp.Placeholder, exp.Parameter):
        if part.name != AS_OF:
            raise ConfigurationError(
                f"{name} has the parameter {_shown(part)}; the only one is :{AS_OF}"
            )
    for call in select.find_all(*_CLOCKS, exp.Anonymous):
        if not isinstance(call, exp.Anonymous) or call.name.lower() in _CLOCK_NAMES:
            raise ConfigurationError(
                f"{name} uses {call.sql(DIALECT)}, which differs from run to run; "
                f"use :{AS_OF} for the run's date"
            )


def _shown(parameter: exp.Expression) -> str:
    return f":{parameter.name}" if parameter.name else "?"


def _tables(select: exp.Query, name: str, catalog: set[str]) -> tuple[str, ...]:
    steps = {step.alias_or_name for step in select.find_all(exp.CTE)}
    tables: list[str] = []
    for table in select.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or table.db:
            raise ConfigurationError(
                f"{name} reads {table.sql(DIALECT)}; enter it in catalog.yml and use its name there"
            )
        if table.name in steps or table.name in tables:
            continue
        if table.name not in catalog:
            raise ConfigurationError(
                f"{name} reads table {table.name}, which the catalog does not have; enter it in "
                f"catalog.yml or use one of: {', '.join(sorted(catalog))}"
            )
        tables.append(table.name)
    if FEED not in tables:
        raise ConfigurationError(f"{name} does not read {FEED}; name it after FROM")
    return tuple(tables)


def _bound(part: exp.Expression, as_of: date, tables: frozenset[str]) -> exp.Expression:
    """A part of the query with the run's date and the copied tables in their places."""
    if isinstance(part, exp.Placeholder):
        return exp.cast(exp.Literal.string(as_of.isoformat()), "date")
    if isinstance(part, exp.Table) and part.name in tables:
        copy = part.copy()
        if not part.alias:
            copy.set("alias", exp.TableAlias(this=exp.to_identifier(part.name, quoted=True)))
        copy.set("this", exp.to_identifier(f"{_PREFIX}{part.name}", quoted=True))
        return copy
    return part


def _bounded(part: exp.Condition, select: exp.Select | None) -> bool:
    """Whether something that chooses the rows of `part` compares with `:as_of`."""
    if select is None:
        return False
    conditions = [select.args.get("where"), part.find_ancestor(exp.Filter), part.find(exp.Filter)]
    conditions += [join.args.get("on") for join in select.args.get("joins") or ()]
    return any(item is not None and item.find(exp.Placeholder) for item in conditions)


def _ends_before(part: exp.Condition) -> bool:
    """Whether a window's frame ends before the row that it is of."""
    spec = part.args.get("spec") if isinstance(part, exp.Window) else None
    return spec is not None and str(spec.args.get("end_side")).upper() == "PRECEDING"


def as_arrow(table: Feed) -> pa.Table:
    """All rows of a table or a frame, in memory."""
    if isinstance(table, ibis.Table):
        return table.to_pyarrow()
    return pa.Table.from_pandas(table, preserve_index=False)
