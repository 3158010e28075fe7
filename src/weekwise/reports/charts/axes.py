"""Round numbers on an axis, level lines with their words, and legends."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from weekwise.reports.html.markup import tag

# Values closer than this, relative to their size, are one value to the eye and to rounding.
FLAT = 1e-9


def ticks_over(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers that span a range (Heckbert, *Nice Numbers for Graph Labels*, 1990).

    Args:
        low: The lowest value to show.
        high: The highest value to show.
        about: How many steps there are, roughly.
    """
    span = high - low
    size = max(abs(low), abs(high))
    if span <= FLAT * max(size, 1.0):
        span = size if size > FLAT else 1.0
    rough = span / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    first, last = math.floor(low / step), max(math.ceil(high / step), math.floor(low / step) + 1)
    return [round(index * step, 12) for index in range(first, last + 1)]


def level_line(y: float, class_: str) -> Markup:
    """A line across the whole chart, at a height in pixels."""
    return tag("line", x1="0", x2="100%", y1=y, y2=y, class_=class_)


def level_word(text: str, y: float, x: str, side: str = "") -> Markup:
    """A word just above a level line."""
    return tag("text", text, x=x, y=y - 4, class_=f"{side}small")


def legend(names: Sequence[tuple[str, str]]) -> Markup:
    """Which color is which, above a chart.

    Args:
        names: What each color stands for, and the tone or shade that it is.
    """
    entries = [
        tag("li", tag("span", "", class_=f"key {color}", aria_hidden="true"), name)
        for name, color in names
    ]
    return tag("ul", *entries, class_="legend")
