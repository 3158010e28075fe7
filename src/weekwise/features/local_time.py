"""One rule for times: those with an offset are converted to the zone that the contract names."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd


def local_times(values: pd.Series[Any], zone: str) -> pd.Series[Any]:
    """Times as the clocks of a zone show them; what is no time stays as it is.

    Args:
        values: A column of any dtype. Times without an offset show that clock already.
        zone: The zone's IANA name.
    """
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        local: pd.Series[Any] = values.dt.tz_convert(zone).dt.tz_localize(None)
        return local
    if values.dtype == object and values.map(_has_offset).any():
        clock = ZoneInfo(zone)
        return values.map(lambda value: _local(value, clock) if _has_offset(value) else value)
    return values


def _has_offset(value: Any) -> bool:
    return isinstance(value, datetime) and value is not pd.NaT and value.tzinfo is not None


def _local(value: datetime, zone: ZoneInfo) -> datetime:
    return value.astimezone(zone).replace(tzinfo=None)
