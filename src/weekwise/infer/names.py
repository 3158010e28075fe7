"""What a column's name tells: a title, a unit, whether it is an identifier or a date."""

from __future__ import annotations

import re
from collections.abc import Collection

from weekwise.wording import name_words

UNITS = {
    "kg": "kg", "mg": "mg", "lb": "lb", "lbs": "lb", "oz": "oz", "min": "min", "mins": "min",
    "minutes": "min", "sec": "s", "secs": "s", "seconds": "s", "ms": "ms", "hours": "h", "hrs": "h",
    "days": "d", "km": "km", "cm": "cm", "mm": "mm", "miles": "mi", "feet": "ft", "ft": "ft",
    "eur": "EUR", "euro": "EUR", "usd": "USD", "gbp": "GBP", "chf": "CHF", "jpy": "JPY",
    "pct": "%", "percent": "%", "celsius": "°C", "fahrenheit": "°F", "kwh": "kWh", "kw": "kW",
    "mw": "MW", "mph": "mph", "kmh": "km/h", "kph": "km/h", "ml": "ml", "liters": "l",
    "litres": "l", "hpa": "hPa", "bytes": "B", "mb": "MB", "gb": "GB",
}  # fmt: skip
"""Units by the last word of a name. Letters that stand for much else (m, s, g, h) are not here."""

_IDENTIFIERS = {
    "id", "ids", "key", "uuid", "guid", "nr", "no", "number", "num", "code", "ref", "index", "idx",
    "rowid", "sku", "ean", "isbn", "email", "phone", "name",
}  # fmt: skip
_STRONG_IDENTIFIERS = {"id", "uuid", "guid", "key", "rowid", "index", "idx"}
_TARGETS = ("target", "label", "y", "class", "outcome", "response")
_OTHER_DATES = {
    "birth", "birthday", "birthdate", "dob", "born", "expiry", "expires", "expiration", "until",
    "due", "deadline", "end", "ended", "updated", "modified", "delivered", "returned", "closed",
    "shipped", "paid", "finished",
}  # fmt: skip
_FIRST_DATES = {
    "date", "time", "timestamp", "datetime", "created", "placed", "ordered", "started", "start",
    "day", "week", "month", "opened", "received", "requested", "booked",
}  # fmt: skip


def title(name: str, unit_in_words: str | None = None) -> str:
    """A short name for people: `days_since_order` is Days since order.

    Args:
        name: A column's name.
        unit_in_words: The unit that it ends in, which is told apart.
    """
    if unit_in_words and name_words(name)[-1:] != [name.lower()]:
        bare = re.sub(r"[\W_]*[\[(][^\])]*[\])]\s*$|[\s_]+[^\W_]+$", "", name)
        name = bare or name
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", " ", name)
    text = " ".join(part for part in re.split(r"[\s_]+", apart) if part)
    return text[:1].upper() + text[1:] if text else name


def unit(name: str, others: Collection[str]) -> str | None:
    """The unit that a name ends in, or has in brackets; none if it has none.

    Args:
        name: A column's name.
        others: The names of all columns: `temp_min` beside `temp_max` is no number of minutes.
    """
    bracketed = re.search(r"[\[(]\s*([^\])]{1,12}?)\s*[\])]\s*$", name)
    if bracketed:
        inside = bracketed.group(1)
        return UNITS.get(inside.lower(), inside if not inside.isdigit() else None)
    parts = name_words(name)
    if len(parts) < 2:  # noqa: PLR2004 - a unit alone says nothing of what it measures
        return None
    if parts[-1] == "min" and any(name_words(other) == [*parts[:-1], "max"] for other in others):
        return None
    return UNITS.get(parts[-1])


def is_identifier(name: str, *, strongly: bool = False) -> bool:
    """Whether a name says that its values tell rows, people or things apart."""
    parts = name_words(name)
    known = _STRONG_IDENTIFIERS if strongly else _IDENTIFIERS
    return bool(parts) and (parts[-1] in known or (strongly and name.strip().lower() == "id"))


def target_rank(name: str) -> int:
    """How plainly a name says that it is to be predicted: 0 is most plainly."""
    parts = name_words(name)
    for rank, word in enumerate(_TARGETS):
        if parts == [word]:
            return rank
    return next((len(_TARGETS) for word in _TARGETS[:4] if word in parts and word != "y"), 99)


def date_rank(name: str) -> int:
    """How plainly a date's name says that it is when a row begins: 0 most, 2 least."""
    parts = set(name_words(name))
    if parts & _OTHER_DATES:
        return 2
    return 0 if parts & _FIRST_DATES else 1
