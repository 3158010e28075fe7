"""What the charts share: the frame, the stretched inner picture, and where a value lies."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from markupsafe import Markup

from weekwise.reports.html.markup import tag

Format = Callable[[float | None], str]
Values = Sequence[float | None]


@dataclass(frozen=True)
class Plot:
    """Where a value lies: across in percent, down in pixels.

    Attributes:
        points: How many points there are across.
        low: The value at the bottom.
        high: The value at the top.
        height: The height in pixels.
        top: Pixels left free above the highest value.
    """

    points: int
    low: float
    high: float
    height: int
    top: int = 3

    def x(self, index: int) -> float:
        """The middle of a point's column, in percent."""
        return 100 * (index + 0.5) / self.points

    def y(self, value: float) -> float:
        """A value's height, in pixels from the top."""
        return self.top + (self.height - self.top - 1) * (
            1 - (value - self.low) / (self.high - self.low)
        )


def chart(title: str, height: int, *parts: Markup) -> Markup:
    """The frame: as wide as its column, `height` pixels tall, named for screen readers."""
    return tag("svg", *parts, class_="chart", height=height, role="img", aria_label=title)


def stretched(
    content: Markup, tall: int, *, across: float = 100, down: float = 100, y: int = 0
) -> Markup:
    """An inner picture with its own scale, stretched over the whole width.

    Args:
        content: Paths in the inner scale.
        tall: Its height in pixels.
        across: What of the inner scale fills the width.
        down: What of the inner scale fills the height.
        y: Where it begins, in pixels from the top.
    """
    return tag(
        "svg",
        content,
        y=y,
        width="100%",
        height=tall,
        viewBox=f"0 0 {across:g} {down:g}",
        preserveAspectRatio="none",
        class_="inner",
    )


def is_known(value: float | None) -> TypeGuard[float]:
    """Whether there is a finite value to draw."""
    return value is not None and math.isfinite(value)


def empty_chart(title: str, height: int = 60) -> Markup:
    """What stands where a chart has nothing to show."""
    return tag("p", f"{title}: nothing to show.", class_="nothing", style=f"min-height:{height}px")
