"""What was predicted against what came true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from weekwise.reports.charts.axes import legend, level_line, level_word, ticks_over
from weekwise.reports.charts.parts import Format, chart, empty_chart, is_known, stretched
from weekwise.reports.html.markup import Tone, join, tag
from weekwise.tasks.records import CalibrationBin
from weekwise.wording import whole

HEIGHT = 300
_TOP = 18
_BOTTOM = HEIGHT - 40


def reliability_diagram(
    curves: Sequence[tuple[str, Tone, Sequence[CalibrationBin]]],
    *,
    title: str,
    axes: tuple[str, str],
    show: Format,
) -> Markup:
    """Curves of realized over predicted, beside the line on which both are the same.

    DeGroot and Fienberg, "The comparison and evaluation of forecasters", The Statistician 1983.

    Args:
        curves: Name, color and points of each curve; points that are not finite are left out.
        title: What the chart shows, for people who cannot see it.
        axes: What the axis across and the axis down are.
        show: How a prediction is written.
    """
    drawn = [
        (name, tone, [p for p in points if is_known(p.predicted) and is_known(p.realized)])
        for name, tone, points in curves
    ]
    ends = [end for _, _, points in drawn for p in points for end in (p.predicted, p.realized)]
    if not ends:
        return empty_chart(title)
    ticks = ticks_over(min(0.0, *ends), max(ends))
    scale = _Scale(ticks[0], ticks[-1])
    parts = [level_line(scale.y(tick), "grid-line") for tick in ticks]
    curve_paths = [_path([(ticks[0], ticks[0]), (ticks[-1], ticks[-1])], scale, "plain dashed")]
    for _, tone, points in drawn:
        places = sorted((point.predicted, point.realized) for point in points)
        curve_paths += [_path(places, scale, tone), _dots(places, scale, tone)]
    parts.append(stretched(join(curve_paths), HEIGHT, down=HEIGHT))
    parts += [_ticks_text(ticks, scale, axes, show)]
    parts += [_hint(name, point, scale, show) for name, _, points in drawn for point in points]
    entries: list[tuple[str, Tone]] = [(name, tone) for name, tone, points in drawn if points]
    return join([legend([*entries, ("ideal", "plain")]), chart(title, HEIGHT, *parts)])


def reliability_height() -> int:
    """About how tall the diagram is with its legend, in pixels."""
    return HEIGHT + 35


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float

    def x(self, value: float) -> float:
        """A place across, in percent."""
        return 100 * (value - self.low) / (self.high - self.low)

    def y(self, value: float) -> float:
        """A place down, in pixels."""
        return _BOTTOM - (_BOTTOM - _TOP) * (value - self.low) / (self.high - self.low)


def _path(places: Sequence[tuple[float, float]], scale: _Scale, shape: str) -> Markup:
    if not places:
        return Markup("")
    steps = [f"{scale.x(across):.2f} {scale.y(down):.2f}" for across, down in places]
    return tag("path", d="M" + "L".join(steps), class_=f"stroke {shape}")


def _dots(places: Sequence[tuple[float, float]], scale: _Scale, tone: Tone) -> Markup:
    steps = [f"M{scale.x(across):.2f} {scale.y(down):.2f}h.01" for across, down in places]
    return tag("path", d="".join(steps), class_=f"dot {tone}")


def _ticks_text(
    ticks: Sequence[float], scale: _Scale, axes: tuple[str, str], show: Format
) -> Markup:
    words = [show(tick) for tick in ticks]
    down = [
        level_word(word, scale.y(tick), "0") for tick, word in zip(ticks[:-1], words, strict=False)
    ]
    down.append(level_word(f"{words[-1]} {axes[1]}", scale.y(ticks[-1]), "0"))
    across = [
        tag("text", word, x=f"{scale.x(tick):.2f}%", y=_BOTTOM + 16, class_=f"{side} small")
        for tick, word, side in zip(
            ticks[1:], words[1:], [*["middle"] * (len(ticks) - 2), "end"], strict=True
        )
    ]
    name = tag("text", axes[0], x="50%", y=HEIGHT - 6, class_="middle small")
    return join([*down, *across, name])


def _hint(name: str, point: CalibrationBin, scale: _Scale, show: Format) -> Markup:
    """A square over a point that says its values when pointed at."""
    said = (
        f"{name}: predicted {show(point.predicted)}, actual {show(point.realized)}, "
        f"{whole(point.rows)} rows"
    )
    return tag(
        "rect",
        tag("title", said),
        x=f"{max(0.0, scale.x(point.predicted) - 1):.2f}%",
        y=scale.y(point.realized) - 8,
        width="2%",
        height=16,
        class_="hit",
    )
