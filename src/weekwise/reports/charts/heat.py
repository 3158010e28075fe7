"""A square of strengths, each shaded by its size."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from weekwise.reports.charts.parts import Format, Values, empty_chart, is_known
from weekwise.reports.html.markup import tag
from weekwise.wording import number

CELL = 20


def heatmap(
    names: Sequence[str], cells: Sequence[Values], *, title: str, show: Format = number
) -> Markup:
    """A square of strengths from 0 to 1, each shaded by its size.

    Args:
        names: Names of the rows, and of the columns.
        cells: Rows of values from -1 to 1; None is left blank.
        title: What the picture shows, for people who cannot see it.
        show: How a value is written in its hint.
    """
    if not names:
        return empty_chart(title)
    side, gutter, size = CELL, _gutter(names), heatmap_height(names)
    parts = []
    for row, (name, values) in enumerate(zip(names, cells, strict=True)):
        at = gutter + row * side
        parts.append(tag("text", name, x=gutter - 6, y=at + 14, class_="end small"))
        turn = f"translate({at + 14} {gutter - 6}) rotate(-90)"
        parts.append(tag("text", name, transform=turn, class_="small"))
        for column, value in enumerate(values):
            if not is_known(value):
                continue
            hint = tag("title", f"{name}, {names[column]}: {show(value)}")
            parts.append(
                tag(
                    "rect",
                    hint,
                    x=gutter + column * side,
                    y=at,
                    width=side - 1,
                    height=side - 1,
                    rx=2,
                    class_="cell" if row != column else "cell self",
                    style=f"opacity:{0.05 + 0.95 * min(1.0, abs(value)):.2f}",
                )
            )
    picture = tag("svg", *parts, width=size, height=size, role="img", aria_label=title)
    return tag("div", picture, class_="scroll", tabindex="0", role="group", aria_label=title)


def heatmap_height(names: Sequence[str]) -> int:
    """How wide and tall a square of these names is, in pixels."""
    return _gutter(names) + CELL * len(names)


def _gutter(names: Sequence[str]) -> int:
    return 7 * max(map(len, names), default=0) + 8
