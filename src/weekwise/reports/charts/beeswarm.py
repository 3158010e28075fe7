"""One dot for each row and input, placed by what the input adds to a prediction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from weekwise.reports.charts.axes import legend, ticks_over
from weekwise.reports.charts.parts import Values, chart, empty_chart, is_known, stretched
from weekwise.reports.html.markup import join, tag
from weekwise.wording import number

STRIP = 36
NAME = 13
SHADES = 5
# Dots further apart than this, in percent of the width, do not cover each other.
COLUMNS = 120


@dataclass(frozen=True)
class Swarm:
    """One strip of a beeswarm.

    Attributes:
        name: What the strip is of.
        places: One value a dot; None and NaN are left out.
        shades: From 0 (low) to 1 (high) for each dot; nothing for a category.
    """

    name: str
    places: Values
    shades: Values | None = None


def beeswarm(swarms: Sequence[Swarm], *, title: str, axis: str) -> Markup:
    """Strips of dots over one axis, those of like value beside each other.

    All dots of one color in a strip are one path, so that thousands of them stay a small file.

    Args:
        swarms: The strips, from the top.
        title: What the chart shows, for people who cannot see it.
        axis: What the axis is, with its unit.
    """
    known = [place for swarm in swarms for place in swarm.places if is_known(place)]
    if not known:
        return empty_chart(title)
    ticks = ticks_over(min(0.0, *known), max(0.0, *known))
    bottom = STRIP * len(swarms) + 4
    parts = [_tick(tick, ticks, bottom) for tick in ticks]
    for index, swarm in enumerate(swarms):
        top = index * STRIP
        dots = _dots(swarm, ticks[0], ticks[-1])
        parts.append(stretched(dots, STRIP - NAME, down=STRIP - NAME, y=top + NAME))
        parts.append(tag("text", swarm.name, x="0", y=top + NAME, class_="small"))
    parts.append(tag("text", axis, x="50%", y=bottom + 32, class_="middle small"))
    return join([_key(), chart(title, bottom + 38, *parts)])


def beeswarm_height(strips: int) -> int:
    """About how tall a beeswarm is with its legend, in pixels."""
    return STRIP * strips + 75


def _dots(swarm: Swarm, low: float, high: float) -> Markup:
    """The dots of a strip, a path for each shade."""
    paths: defaultdict[str, list[str]] = defaultdict(list)
    columns = [
        round((place - low) / (high - low) * COLUMNS) if is_known(place) else None
        for place in swarm.places
    ]
    sizes = Counter(column for column in columns if column is not None)
    most = max(sizes.values(), default=1)
    height = STRIP - NAME
    seen: Counter[int] = Counter()
    for index, (place, column) in enumerate(zip(swarm.places, columns, strict=True)):
        if not is_known(place) or column is None:
            continue
        # Dots of one column spread around the middle, the fullest column over the whole strip.
        offset = (seen[column] - (sizes[column] - 1) / 2) / most
        seen[column] += 1
        x = 100 * (place - low) / (high - low)
        y = height / 2 + offset * (height - 6)
        paths[_shade(swarm, index)].append(f"M{x:.1f} {y:.1f}h.01")
    return join(
        tag("path", d="".join(steps), class_=f"swarm {shade}")
        for shade, steps in sorted(paths.items())
    )


def _shade(swarm: Swarm, index: int) -> str:
    if swarm.shades is None:
        return "plain"
    shade = swarm.shades[index]
    if not is_known(shade):
        return "plain"
    return f"shade-{min(SHADES - 1, int(max(0.0, shade) * SHADES))}"


def _tick(tick: float, ticks: Sequence[float], bottom: int) -> Markup:
    share = (tick - ticks[0]) / (ticks[-1] - ticks[0])
    x = f"{100 * share:.2f}%"
    side = "start" if tick == ticks[0] else "end" if tick == ticks[-1] else "middle"
    return join(
        [
            tag("line", x1=x, x2=x, y1=0, y2=bottom, class_="grid-line" if tick else "axis"),
            tag("text", number(tick), x=x, y=bottom + 15, class_=f"{side} small"),
        ]
    )


def _key() -> Markup:
    low, high = ("low value", "shade-0"), ("high value", f"shade-{SHADES - 1}")
    return legend([low, high, ("category or missing value", "plain")])
