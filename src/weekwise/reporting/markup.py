"""Escaped tags, and numbers as people read them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

from markupsafe import Markup, escape

Tone = Literal["plain", "accent", "second", "ok", "warn", "act"]

NOTHING = "—"


def tag(name: str, *children: str | Markup, **attributes: str | float | None) -> Markup:
    """An HTML or SVG element, its text and attributes escaped.

    Args:
        name: The element's name.
        children: Its content; text that is not `Markup` is escaped.
        attributes: Its attributes; `class_` stands for `class`, `aria_label` for `aria-label`,
            and those that are None are left out.

    Example:
        >>> tag("p", "a < b", class_="note")
        Markup('<p class="note">a &lt; b</p>')
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_written(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in {"rect", "line", "path", "col"} and not children:
        return Markup(f"<{name}{written}/>")  # noqa: S704 - name is ours, values are escaped
    return Markup(f"<{name}{written}>{join(children)}</{name}>")  # noqa: S704 - the same


def join(parts: Iterable[str | Markup]) -> Markup:
    """Some content, one after another; text that is not `Markup` is escaped."""
    return Markup("").join(parts)


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
        >>> number(2013.4), number(0.04567), number(30.0), number(12345.6)
        ('2013', '0.0457', '30', '12,346')
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


def _written(value: str | float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
