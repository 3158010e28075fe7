"""Lines over an ordered axis, from the width of a page down to that of a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from weekwise.reports.charts.axes import legend, level_line, level_word, ticks_over
from weekwise.reports.charts.parts import (
    Format,
    Plot,
    Values,
    chart,
    empty_chart,
    is_known,
    stretched,
)
from weekwise.reports.html.markup import Tone, join, tag
from weekwise.tasks.records import GroupMean
from weekwise.wording import percent

LONG = 6


@dataclass(frozen=True)
class Series:
    """One line of a chart.

    Attributes:
        name: What the legend calls it.
        values: One value per label; None leaves a gap.
        low: Lower ends of its confidence intervals, or nothing.
        high: Upper ends of its confidence intervals, or nothing.
        tone: Its color.
        dashed: Whether the line is dashed, as for what is expected or a baseline.
    """

    name: str
    values: Values
    low: Values | None = None
    high: Values | None = None
    tone: Tone = "accent"
    dashed: bool = False

    @classmethod
    def of_means(cls, name: str, groups: Sequence[GroupMean]) -> Series:
        """A line of means with their confidence intervals."""
        return cls(
            name,
            [group.mean for group in groups],
            [group.low for group in groups],
            [group.high for group in groups],
        )


def line_chart(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    title: str,
    show: Format = percent,
    height: int = 190,
    from_zero: bool = True,
    reference: tuple[str, float] | None = None,
) -> Markup:
    """Lines over an ordered axis, with confidence bands where they are given.

    Args:
        labels: Names of the points across.
        series: The lines.
        title: What the chart shows, for people who cannot see it.
        show: How a value is written.
        height: The chart's height in pixels.
        from_zero: Whether the scale begins at zero.
        reference: A name and a value to draw a level line at.
    """
    known = [
        value
        for line in series
        for values in (line.values, line.low, line.high)
        for value in values or ()
        if is_known(value)
    ]
    if reference is not None:
        known.append(reference[1])
    if not known or not labels:
        return empty_chart(title)
    ticks = ticks_over(min(known + [0.0] * from_zero), max(known))
    plot = Plot(len(labels), ticks[0], ticks[-1], height - 22, top=18)
    level = plot.y(reference[1]) if reference is not None else None
    parts = [level_line(plot.y(tick), "grid-line") for tick in ticks]
    if level is not None:
        parts.append(level_line(level, "reference"))
    curves = join(_curve(line, plot) for line in series)
    parts.append(stretched(curves, plot.height, down=plot.height))
    # Words come after the curves, so that no line runs through them.
    parts += [level_word(show(tick).replace(".0%", "%"), plot.y(tick), "0") for tick in ticks]
    if reference is not None and level is not None:
        parts.append(level_word(reference[0], level, "100%", "end "))
    parts += [_names_across(labels, plot, height), _hints(labels, series, plot, show)]
    return join([_legend(series), chart(title, height, *parts)])


def sparkline(values: Values, *, title: str, tone: Tone = "accent") -> Markup:
    """A line the size of a word, its last point marked.

    Args:
        values: The points; None leaves a gap.
        title: What the line shows, for people who cannot see it.
        tone: Its color.
    """
    known = [value for value in values if is_known(value)]
    if not known:
        return Markup("")
    low, high = min(known), max(known)
    plot = Plot(len(values), low, high if high > low else low + 1, 18)
    last = max(index for index, value in enumerate(values) if is_known(value))
    dot = _dot(plot.x(last), plot.y(values[last] or 0.0), tone)
    return tag(
        "svg",
        stretched(_curve(Series(title, values, tone=tone), plot) + dot, 20, down=20),
        class_="sparkline",
        role="img",
        aria_label=title,
    )


def _curve(series: Series, plot: Plot) -> Markup:
    """A line and its band, a gap wherever a value is unknown, in an inner scale of pixels down."""
    parts = []
    if series.low is not None and series.high is not None:
        both = list(zip(series.low, series.high, strict=True))
        for run in _runs([low if is_known(high) else None for low, high in both]):
            upper = [(index, both[index][1]) for index in run]
            lower = [(index, both[index][0]) for index in reversed(run)]
            outline = _path([*upper, *lower], plot)
            parts.append(tag("path", d=f"{outline}Z", class_=f"band {series.tone}"))
    shape = f"stroke {series.tone}{' dashed' if series.dashed else ''}"
    for run in _runs(series.values):
        path = _path([(index, series.values[index]) for index in run], plot)
        # A lone point has no line through it; a hair's breadth makes it a round dot.
        parts.append(tag("path", d=path if len(run) > 1 else f"{path}h0.01", class_=shape))
    return join(parts)


def _runs(values: Values) -> list[list[int]]:
    """Indices of the known values, in unbroken runs."""
    known = [(index, is_known(value)) for index, value in enumerate(values)]
    grouped = groupby(known, key=lambda pair: pair[1])
    return [[index for index, _ in run] for is_run, run in grouped if is_run]


def _path(points: Sequence[tuple[int, float | None]], plot: Plot) -> str:
    steps = [f"{plot.x(i):.2f} {plot.y(value):.2f}" for i, value in points if is_known(value)]
    return "M" + "L".join(steps)


def _dot(x: float, y: float, tone: Tone) -> Markup:
    """A round dot in a stretched picture: a stroke's round cap is not stretched."""
    return tag("path", d=f"M{x:.2f} {y:.2f}h0.01", class_=f"dot {tone}")


def _hints(labels: Sequence[str], series: Sequence[Series], plot: Plot, show: Format) -> Markup:
    """A column over each point that says its values when pointed at."""
    width = 100 / plot.points
    return join(
        tag(
            "rect",
            tag("title", f"{label}: " + "; ".join(_said(line, index, show) for line in series)),
            x=f"{index * width:.2f}%",
            width=f"{width:.2f}%",
            y=0,
            height=plot.height,
            class_="hit",
        )
        for index, label in enumerate(labels)
    )


def _said(series: Series, index: int, show: Format) -> str:
    text = f"{series.name} {show(series.values[index])}"
    if series.low is None or series.high is None:
        return text
    return f"{text} ({show(series.low[index])} to {show(series.high[index])})"


def _names_across(labels: Sequence[str], plot: Plot, height: int, most: int = 5) -> Markup:
    """Up to `most` labels: the first, the last, and some evenly between."""
    last = len(labels) - 1
    count = min(most, len(labels))
    shown = sorted({round(at * last / max(1, count - 1)) for at in range(count)})
    parts = []
    for index in shown:
        side = "start" if index == 0 and last else "end" if index == last and last else "middle"
        # Long names do not fit side by side on a phone.
        room = " roomy" if len(labels[index]) > LONG and index not in {0, last} else ""
        x = {"start": 0.0, "end": 100.0}.get(side, plot.x(index))
        parts.append(
            tag("text", labels[index], x=f"{x:.2f}%", y=height - 4, class_=f"{side} small{room}")
        )
    return join(parts)


def _legend(series: Sequence[Series]) -> Markup:
    if len(series) < 2:  # noqa: PLR2004 - one line needs no legend
        return Markup("")
    return legend([(line.name, line.tone) for line in series])
