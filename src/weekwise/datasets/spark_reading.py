"""How a file is written, in the words of DuckDB's readers, as Spark's readers are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weekwise.errors import ConfigurationError

_NOT_ASKED = frozenset({"sample_size", "auto_detect", "union_by_name", "hive_partitioning"})
"""What Spark's readers do in any case, or need not be told."""


def _only(value: Any, name: str) -> Any:
    """The one value of a list; an empty text is missing to Spark in any case."""
    values = [value] if isinstance(value, str) else [each for each in value if each != ""]
    if len(values) > 1:
        raise ConfigurationError(
            f"Spark takes one word for a missing value, and {name} in catalog.yml has "
            f"{len(values)}: {', '.join(values)}; {_ELSE}"
        )
    return values[0] if values else ""


_ELSE = (
    "convert the files to Parquet, or let DuckDB read them: connection: ${_store} in the "
    "dataset's entry"
)
_CSV: Mapping[str, str] = {
    "delim": "sep",
    "sep": "sep",
    "quote": "quote",
    "escape": "escape",
    "comment": "comment",
    "encoding": "encoding",
    "header": "header",
    "nullstr": "nullValue",
}
"""Spark's word for each of DuckDB's `read_csv`."""


def csv_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of Spark's CSV reader.

    Args:
        options: `load_args` of the catalog's entry, in DuckDB's words or Spark's own.

    Raises:
        ConfigurationError: If Spark's reader cannot be told one of them.
    """
    told: dict[str, Any] = {}
    for name, value in options.items():
        if name in _NOT_ASKED:
            continue
        own = _CSV.get(name, name)
        if own not in _CSV.values() and own not in _SPARKS_OWN:
            raise ConfigurationError(f"Spark's reader of CSV has no {name}; {_ELSE}")
        told[own] = _only(value, name) if own == "nullValue" else value
    return told


_SPARKS_OWN = frozenset(
    {
        "schema",
        "inferSchema",
        "dateFormat",
        "timestampFormat",
        "timestampNTZFormat",
        "nullValue",
        "nanValue",
        "multiLine",
        "mode",
        "ignoreLeadingWhiteSpace",
        "ignoreTrailingWhiteSpace",
        "locale",
        "recursiveFileLookup",
        "pathGlobFilter",
    }
)
"""Options of Spark's CSV reader that are let pass as they are."""


def json_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of Spark's JSON reader.

    Args:
        options: `load_args` of the catalog's entry, in DuckDB's words or Spark's own.
    """
    return {name: value for name, value in options.items() if name not in _NOT_ASKED}


def parquet_options(path: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of Spark's Parquet reader.

    Args:
        path: The files, which may be a pattern.
        options: `load_args` of the catalog's entry, in DuckDB's words or Spark's own.
    """
    told = {name: value for name, value in options.items() if name not in _NOT_ASKED}
    if options.get("union_by_name"):
        told["mergeSchema"] = True
    if options.get("hive_partitioning"):
        # Spark looks for columns in the names of folders below this one.
        before = path.split("*", maxsplit=1)[0]
        told["basePath"] = before.rpartition("/")[0] or "/"
    return told
