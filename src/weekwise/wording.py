"""Numbers, dates and lists as people write them: in messages, reports and commands alike."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError

NOTHING = "—"
"""What stands for a figure that is not known."""


def percent(value: float | None, digits: int = 1) -> str:
    """A share from 0 to 1 as a percentage.

    Example:
        >>> percent(0.0832)
        '8.3%'
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if 0 < abs(value) < 0.5 * 10 ** -(digits + 2):
        return f"<{10**-digits:.{digits}f}%"
    return f"{100 * value:.{digits}f}%"


def percentage_points(difference: float) -> str:
    """A difference of shares, in percentage points.

    Example:
        >>> percentage_points(0.0213)
        '2.1 percentage points'
    """
    return f"{percent(difference).removesuffix('%')} percentage points"


def whole(value: float | None) -> str:
    """A count, its thousands apart.

    Example:
        >>> whole(336776)
        '336,776'
    """
    return NOTHING if value is None or not math.isfinite(value) else f"{value:,.0f}"


def number(value: float | None, digits: int = 3) -> str:
    """A measurement to so many significant digits, never in powers of ten.

    Thousands are set apart from five digits on, so that a year reads as a year.

    Example:
        >>> number(1984.4), number(0.04567), number(30.0), number(12345.6)
        ('1984', '0.0457', '30', '12,346')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    comma = "," if abs(value) >= 10_000 else ""  # noqa: PLR2004 - five digits
    text = f"{value:{comma}.{min(decimals, 8)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def fixed(value: float | None, digits: int = 2) -> str:
    """A measurement with so many decimals, for columns that are compared.

    Example:
        >>> fixed(0.5, 3)
        '0.500'
    """
    return NOTHING if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def share(part: float) -> str:
    """A share of rows as a percentage, with as many digits as tell it from 0."""
    if part == 0 or part >= 0.01:  # noqa: PLR2004 - 1 %, from where two digits say enough
        return f"{part:.2%}".replace(".00%", "%")
    return f"{part * 100:.2g}%"


def counted(count: int, singular: str, plural: str) -> str:
    """A count with its noun."""
    return f"{count:,} {singular if count == 1 else plural}"


def value(thing: Any) -> str:
    """One value as a person writes it: no quotes, thousands apart, no empty midnight."""
    if isinstance(thing, bool) or thing is None:
        return str(thing).lower() if thing is not None else "nothing"
    if isinstance(thing, int | float):
        digits = "" if isinstance(thing, int) else ".10g"
        # Four digits may well be a year.
        return f"{thing:{digits}}" if abs(thing) < 10_000 else f"{thing:,{digits}}"  # noqa: PLR2004
    if isinstance(thing, datetime):
        text = thing.isoformat(sep=" ")
        return text.removesuffix(" 00:00:00")
    return thing.isoformat() if isinstance(thing, date) else str(thing)


def shown(thing: Any, most: int = 60) -> str:
    """One value of a column, cut after `most` characters.

    Text that differs invisibly from what it seems is quoted, its odd characters escaped.

    Example:
        >>> shown("bike"), shown("bike ")
        ('bike', "'bike '")
    """
    import pandas as pd

    if pd.api.types.is_scalar(thing) and pd.isna(thing):
        return "nothing"
    if isinstance(thing, float) and not math.isfinite(thing):
        return "infinity" if thing > 0 else "minus infinity"
    if hasattr(thing, "item"):
        thing = thing.item()
    text = value(thing)
    if isinstance(thing, str) and _looks_otherwise(text):
        text = ascii(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _looks_otherwise(text: str) -> bool:
    """Whether text has spaces at its ends, marks apart from their letters, or what is not shown."""
    return (
        text != text.strip()
        or not unicodedata.is_normalized("NFC", text)
        or not text.isprintable()
        or not text
    )


def validation_faults(error: ValidationError, *above: str) -> list[str]:
    """What is wrong with settings: place and message of each fault.

    Args:
        error: The faults that Pydantic has found.
        above: Where the settings stand, before Pydantic's own places.
    """
    return [
        f"{'.'.join(map(str, (*above, *fault['loc'])))}: "
        f"{fault['msg'].removeprefix('Value error, ')}"
        for fault in error.errors(include_url=False)
    ]


def one_line(error: Exception) -> str:
    """What an error says, in one line; of what Pydantic has found, each fault without its input.

    Args:
        error: The error.
    """
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        return listed([fault.removeprefix(": ") for fault in validation_faults(error)])
    return " ".join(str(error).split())


def day(value: date) -> str:
    """A date as people say it, its year being clear."""
    return f"{value.day} {value:%B}"


def days(first: date, last: date) -> str:
    """Some days as people say them."""
    until = day(last)
    if first == last:
        return until
    return f"{first.day} to {until}" if first.month == last.month else f"{day(first)} to {until}"


def listed(words: list[str], most: int = 5) -> str:
    """Some words with commas, the ones over `most` only counted."""
    rest = len(words) - most
    shown = ", ".join(words[:most])
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def name_words(name: str) -> list[str]:
    """A name's words in lower case: `orderDate`, `order_date` and `Order date` have the same."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word.lower() for word in re.split(r"[\W_]+", apart) if word]


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean X?` for a word that is not known; empty if nothing comes near."""
    close = get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]}?" if close else ""
