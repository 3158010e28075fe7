"""One rule for times: those with an offset are converted to the zone that the contract names."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd
from pandas.api.types import infer_dtype

if TYPE_CHECKING:
    import ibis

OFFSET = r"\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?\s?(?:Z|[+-]\d{2}(?::?\d{2})?)$"
"""How a time with an offset ends, as ISO 8601 has it; a space before the offset is let be."""
_NO_SECONDS = r"([T ]\d{2}:\d{2})\s?(Z|[+-]\d{2}(:?\d{2})?)$"
_SPACED = r"\s(Z|[+-]\d{2}(:?\d{2})?)$"
_NO_TIMES = frozenset({"string", "boolean", "integer", "floating", "decimal", "date", "empty"})
"""What pandas calls columns of objects that hold no times; it sees that faster than we do."""


def local_times(values: pd.Series[Any], zone: str) -> pd.Series[Any]:
    """Times as the clocks of a zone show them; what is no time stays as it is.

    Args:
        values: A column of any dtype. Times without an offset show that clock already.
        zone: The zone's IANA name.
    """
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        local: pd.Series[Any] = values.dt.tz_convert(zone).dt.tz_localize(None)
        return local
    if (
        values.dtype == object
        and infer_dtype(values, skipna=True) not in _NO_TIMES
        and values.map(_has_offset).any()
    ):
        clock = ZoneInfo(zone)
        return values.map(lambda value: _local(value, clock) if _has_offset(value) else value)
    return values


def times_of_text(values: pd.Series[Any], zone: str) -> pd.Series[Any]:
    """Times written as ISO 8601 has them, as the clocks of a zone show them.

    Args:
        values: Text, None or NaN where missing. What has no offset shows that clock already.
        zone: The zone's IANA name.

    Returns:
        Times of dtype datetime64, missing where a text is none.
    """
    text = values.astype("string").str.strip()
    zoned = text.str.contains(OFFSET).fillna(value=False).astype(bool)
    local = pd.to_datetime(text.mask(zoned), format="ISO8601", errors="coerce")
    if isinstance(local.dtype, pd.DatetimeTZDtype):
        # An offset that is no time's end.
        local = pd.Series(pd.NaT, index=values.index)
    if not zoned.any():
        return local
    whole = text[zoned].str.replace(_SPACED, r"\1", regex=True)
    moments = pd.to_datetime(whole, format="ISO8601", errors="coerce", utc=True)
    return local.astype("datetime64[us]").where(
        ~zoned, local_times(moments, zone).astype("datetime64[us]").reindex(values.index)
    )


def whole_times(text: ibis.Column, sign: str) -> ibis.Column:
    """Times with an offset as engines read them: with seconds, and without a space.

    Args:
        text: As `OFFSET` has it.
        sign: What stands before a group's number in the engine's replacements.
    """
    seconds = text.strip().re_replace(_NO_SECONDS, f"{sign}1:00{sign}2")
    whole: ibis.Column = seconds.re_replace(_SPACED, f"{sign}1")
    return whole


def moment_sql(text: str) -> str:
    """The same as SQL for DuckDB; NULL where it is no time after all.

    Args:
        text: An expression of text.
    """
    seconds = f"regexp_replace(trim({text}), '{_NO_SECONDS}', '\\1:00\\2')"
    return f"TRY_CAST(regexp_replace({seconds}, '{_SPACED}', '\\1') AS TIMESTAMPTZ)"


def _has_offset(value: Any) -> bool:
    return isinstance(value, datetime) and value is not pd.NaT and value.tzinfo is not None


def _local(value: datetime, zone: ZoneInfo) -> datetime:
    return value.astimezone(zone).replace(tzinfo=None)
