"""How a CSV file is written: its delimiter, numbers, dates and words for nothing.

DuckDB's sniffer says most of it. What it does not look for (decimal commas, thousands separators,
dates with a time in local order, `NA`) is found in a sample of the text; then DuckDB reads the
whole file by these options, and its readers decide the types.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import duckdb

from weekwise.contract.sql_engine import text_literal
from weekwise.errors import FeedError
from weekwise.infer.text_encoding import UTF_8, encoding_of
from weekwise.system_errors import first_lines

SAMPLE_ROWS = 20_000
_LARGE = 256 << 20
"""From so many bytes on, a file's first rows stand for all when its text is looked at."""

NULL_WORDS = frozenset({"na", "n/a", "nan", "null", "none", "nil", "?", "-", "--", ".", "#n/a"})
"""Words that stand for nothing in a column of numbers or dates."""

_DAY_ORDERS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%y")
_DATE_LIKE = re.compile(r"\d+[-./]\d+[-./]\d")
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")


@dataclass(frozen=True)
class NumberFormat:
    """How numbers are written.

    Attributes:
        decimal: What stands before the decimals.
        thousands: What sets thousands apart; empty if nothing does.
    """

    decimal: str = "."
    thousands: str = ""

    @property
    def pattern(self) -> re.Pattern[str]:
        """A number, and nothing else."""
        whole = r"\d+"
        if self.thousands:
            apart = re.escape(self.thousands)
            whole = rf"(?:\d{{1,3}}(?:{apart}\d{{3}})+|\d+)"
        exponent = "" if self.thousands else r"(?:[eE][+-]?\d+)?"
        return re.compile(rf"[+-]?{whole}(?:{re.escape(self.decimal)}\d+)?{exponent}")


_FORMATS = tuple(
    NumberFormat(decimal, thousands)
    for decimal, thousands in product(".,", ("", ",", ".", " ", "'"))
    if decimal != thousands
)


@dataclass(frozen=True)
class CsvOptions:
    """What DuckDB's `read_csv` is told of a file.

    Attributes:
        arguments: Its arguments, those alone that DuckDB cannot be trusted to find again.
        remarks: What was assumed, for people.
    """

    arguments: Mapping[str, Any]
    remarks: tuple[str, ...] = ()


def csv_options(
    connection: duckdb.DuckDBPyConnection, path: str, known_texts: Collection[str] = ()
) -> CsvOptions:
    """How a CSV file is written.

    Args:
        connection: Reads it.
        path: The file in UTF-8, or a pattern of files that are alike.
        known_texts: Columns that are text, whatever their values look like.

    Raises:
        FeedError: If it is empty, damaged or without a header.
    """
    first = first_file(path)
    if (encoding := encoding_of(first)) != UTF_8:
        raise ValueError(f"{first} is in {encoding}; give a copy in UTF-8")
    told = _dialect(connection, str(first))
    texts = _text_sample(connection, path, told)
    _refuse_headerless(list(texts), first)
    nothing = _null_words(texts.values())
    if nothing:
        told["nullstr"] = ["", *sorted(nothing)]
    texts = {name: [t for t in column if t not in nothing] for name, column in texts.items()}
    numbers, remarks = _number_format(texts.values(), told["delim"])
    if numbers.decimal != ".":
        told["decimal_separator"] = numbers.decimal
    if numbers.thousands:
        told["thousands"] = numbers.thousands
    left = [column for column in texts.values() if not _all_match(numbers, column)]
    formats, more = _date_formats(connection, left)
    told |= formats
    types = {
        name: "VARCHAR" for name, column in texts.items() if name in known_texts or _is_code(column)
    }
    if types:
        told["types"] = types
    told["sample_size"] = -1
    types |= _overlooked(connection, path, told, texts, numbers)
    return CsvOptions({**told, "types": types} if types else told, (*remarks, *more))


def sql_arguments(arguments: Mapping[str, Any]) -> str:
    """Arguments of a table function in SQL, each after a comma."""
    return "".join(f", {name} = {_literal(value)}" for name, value in arguments.items())


def first_file(path: str) -> Path:
    """The first file that a path or a pattern names.

    Raises:
        FeedError: If there is none.
    """
    return files_of(path)[0]


def files_of(path: str) -> list[Path]:
    """The files that a path or a pattern names, in the order of their names.

    Raises:
        FeedError: If a pattern fits none.
    """
    if not any(letter in path for letter in "*?["):
        return [Path(path)]
    anchor = Path(Path(path).anchor or ".")
    names = sorted(anchor.glob(str(Path(path).relative_to(anchor) if Path(path).anchor else path)))
    if not names:
        raise FeedError(f"no file fits {path}; check the pattern")
    return names


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return text_literal(value)
    if isinstance(value, list):
        return f"[{', '.join(_literal(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_literal(k)}: {_literal(v)}' for k, v in value.items())}}}"
    return str(value)


def _dialect(connection: duckdb.DuckDBPyConnection, path: str) -> dict[str, Any]:
    """The delimiter, and what else differs from the usual."""
    wanted = '"Delimiter", "Quote", "Escape", "SkipRows", "Comment"'
    sql = f"FROM sniff_csv({_literal(path)}) SELECT {wanted}"
    try:
        delimiter, quote, escape, skip, comment = connection.sql(sql).fetchone() or ()
    except duckdb.Error as error:
        raise FeedError(
            f"{path} cannot be read as CSV: {str(error).splitlines()[0]}; "
            "check that it is a text file with one header and rows of as many values"
        ) from None
    dialect: dict[str, Any] = {"delim": delimiter}
    if quote not in ('"', "(empty)", ""):
        dialect["quote"] = quote
    if escape not in ('"', "(empty)", "", quote):
        dialect["escape"] = escape
    if skip:
        dialect["skip"] = int(skip)
    if comment not in ("(empty)", "", None):
        dialect["comment"] = comment
    return dialect


def _text_sample(
    connection: duckdb.DuckDBPyConnection, path: str, told: Mapping[str, Any]
) -> dict[str, list[str]]:
    """Some values of each column as they are written."""
    read = f"read_csv({_literal(path)}, header = true, all_varchar = true{sql_arguments(told)})"
    size = first_file(path).stat().st_size
    sample = f"USING SAMPLE reservoir({SAMPLE_ROWS} ROWS) REPEATABLE (0)"
    if size > _LARGE:
        # The rest is looked at when it is read: text among numbers makes a column text.
        sample = f"LIMIT {SAMPLE_ROWS}"
    try:
        rows = connection.sql(f"FROM {read} {sample}")
        names, table = rows.columns, rows.to_arrow_table()
    except duckdb.Error as error:
        raise FeedError(f"{path} cannot be read as CSV: {first_lines(error, most=3)}") from None
    return {
        name: [text.strip() for text in table.column(place).to_pylist() if text and text.strip()]
        for place, name in enumerate(names)
    }


def _refuse_headerless(names: Sequence[str], path: Path) -> None:
    """Refuse a file whose first line holds values: its columns would have no names."""
    numbers = [name for name in names if NumberFormat().pattern.fullmatch(name.strip())]
    if len(numbers) > len(names) / 2:
        raise FeedError(
            f"the first line of {path} holds values ({', '.join(numbers[:3])}) and no names; "
            "add a line with the names of the columns"
        )


def _null_words(columns: Iterable[Sequence[str]]) -> set[str]:
    """Words that stand for nothing between numbers or dates, as they are written."""
    words: set[str] = set()
    for column in columns:
        strange = {text for text in set(column) if text.lower() in NULL_WORDS}
        rest = [text for text in column if text not in strange]
        if not strange or not rest:
            continue
        dates = all(_DATE_LIKE.match(text) for text in rest)
        if dates or any(_all_match(numbers, rest) for numbers in _FORMATS):
            words |= strange
    return words


def _number_format(
    columns: Iterable[Sequence[str]], delimiter: str
) -> tuple[NumberFormat, list[str]]:
    """The format in which most columns are numbers, the plainest where that leaves a choice."""
    full = [column for column in columns if column]
    fitting = [{numbers for numbers in _FORMATS if _all_match(numbers, col)} for col in full]
    counts = {numbers: sum(numbers in fits for fits in fitting) for numbers in _FORMATS}
    most = max(counts.values(), default=0)
    best = [numbers for numbers in _FORMATS if counts[numbers] == most]
    if not most or NumberFormat() in best:
        return NumberFormat(), []
    # `1,234` is a number with decimals, or one with thousands set apart.
    apart, comma = NumberFormat(".", ","), NumberFormat(",", "")
    if apart in best and comma in best:
        chosen = comma if delimiter == ";" else apart
        word = "decimals" if chosen is comma else "thousands"
        return chosen, [f"a comma before three digits was read as one of {word}"]
    # Without a thousands separator if none is needed: each format stands before those with one.
    return best[0], []


def _all_match(numbers: NumberFormat, column: Sequence[str]) -> bool:
    return bool(column) and all(numbers.pattern.fullmatch(text) for text in column)


def _is_code(column: Sequence[str]) -> bool:
    """Whether digits are no number: `00042`, `+49301234`, or more digits than an integer has."""
    if not column or not all(re.fullmatch(r"[+]?\d+", text) for text in column):
        return False
    return any(re.match(r"0\d|\+|\d{19}", text) for text in column)


def _overlooked(
    connection: duckdb.DuckDBPyConnection,
    path: str,
    told: Mapping[str, Any],
    texts: Mapping[str, Sequence[str]],
    numbers: NumberFormat,
) -> dict[str, str]:
    """Numbers with thousands set apart that DuckDB 1.5's sniffer takes for text, yet can read."""
    if not numbers.thousands:
        return {}
    rows = f"read_csv({_literal(path)}, header = true{sql_arguments(told)})"
    sniffed = connection.sql(f"FROM {rows}")
    types: dict[str, str] = {}
    for name, kind in zip(sniffed.columns, sniffed.types, strict=True):
        if str(kind) != "VARCHAR" or name in told.get("types", {}):
            continue
        if not _all_match(numbers, texts.get(name, ())):
            continue
        typed = {**told, "types": {**told.get("types", {}), name: "DOUBLE"}}
        rows = f"read_csv({_literal(path)}, header = true{sql_arguments(typed)})"
        column = '"' + name.replace('"', '""') + '"'
        with suppress(duckdb.Error):
            connection.sql(f"FROM {rows}").aggregate(f"count({column})").fetchall()
            types[name] = "DOUBLE"
    return types


def _date_formats(
    connection: duckdb.DuckDBPyConnection, columns: Iterable[Sequence[str]]
) -> tuple[dict[str, str], list[str]]:
    """Formats of dates and of times that are not written as ISO 8601 has them."""
    formats: dict[str, str] = {}
    remarks: list[str] = []
    for column in columns:
        if not column or not all(_DATE_LIKE.match(text) for text in column):
            continue
        for key, candidates in (
            ("dateformat", _DAY_ORDERS),
            ("timestampformat", [f"{d} {c}" for d in _DAY_ORDERS for c in _CLOCKS]),
        ):
            fitting = [form for form in candidates if _all_dates(connection, column, form)]
            if fitting and key not in formats:
                formats[key] = fitting[0]
                other = next((form for form in fitting[1:] if form[:2] != fitting[0][:2]), None)
                if other is not None:
                    remarks.append(
                        f"{column[0]} was read as day before month; if it is the other way round, "
                        f"set {key}: {other!r} in catalog.yml"
                    )
    return formats, remarks


def _all_dates(connection: duckdb.DuckDBPyConnection, column: Sequence[str], form: str) -> bool:
    distinct = sorted(set(column))
    sql = "SELECT bool_and(try_strptime(text, ?) IS NOT NULL) FROM (SELECT unnest(?) AS text)"
    row = connection.execute(sql, [form, distinct]).fetchone()
    return bool(row and row[0])
