"""Bars down the page, and histograms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from weekwise.reports.charts.parts import Format, Values, chart, empty_chart, is_known, stretched
from weekwise.reports.html.markup import Tone, join, tag
from weekwise.wording import percent

SHORT = 18
_HEAD, _ROW = 60, 26


@dataclass(frozen=True)
class Bar:
    """One row of a bar chart.

    Attributes:
        label: What the row is.
        value: How long the bar is; None draws none.
        low: Lower end of its confidence interval, or nothing.
        high: Upper end of its confidence interval, or nothing.
        second: The value of a second sample, drawn below the first, or nothing.
        note: A few words beside the value, such as the number of rows.
        tone: Its color.
    """

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    second: float | None = None
    note: str = ""
    tone: Tone = "accent"


def bars(
    rows: Sequence[Bar],
    *,
    title: str,
    show: Format = percent,
    reference: float | None = None,
    top: float | None = None,
    names: tuple[str, str] = ("Name", "Value"),
    quiet: bool = False,
) -> Markup:
    """Bars down the page as a table, so that its numbers are read as numbers.

    Args:
        rows: The bars, in their order.
        title: The table's caption.
        show: How a value is written.
        reference: A value to draw a level line at in every row.
        top: The value that fills the width; the largest one, where left out.
        names: Headings of the names and of the values.
        quiet: Whether caption and headings are left to screen readers, as in a card.
    """
    if not rows:
        return empty_chart(title)
    ends = [v for row in rows for v in (row.value, row.high, row.second) if is_known(v)]
    scale = top or max([*ends, reference or 0.0, 1e-12])
    noted = any(row.note for row in rows)
    body = [
        tag(
            "tr",
            tag("th", row.label, scope="row", class_=_width(row.label)),
            tag("td", _track(row, scale, reference), class_="bar", aria_hidden="true"),
            tag("td", show(row.value), class_="num"),
            tag("td", row.note, class_="num note") if noted else "",
        )
        for row in rows
    ]
    heads = tag(
        "tr",
        tag("th", names[0], scope="col"),
        tag("td", ""),
        tag("th", names[1], scope="col", class_="num"),
        tag("td", "") if noted else "",
    )
    return tag(
        "table",
        tag("caption", title),
        tag("thead", heads),
        tag("tbody", join(body)),
        class_="bars quiet" if quiet else "bars",
    )


def bars_height(rows: int) -> int:
    """About how tall a bar chart is, in pixels."""
    return _HEAD + _ROW * rows


def bin_ends(labels: Sequence[str]) -> tuple[str, str]:
    """The outer ends of bins whose labels are like `2 to 5`, for `histogram`."""
    if not labels:
        return "", ""
    return labels[0].split(" to ")[0], labels[-1].split(" to ")[-1]


def histogram(
    labels: Sequence[str],
    samples: Sequence[tuple[str, Values]],
    *,
    title: str,
    height: int = 74,
    ends: tuple[str, str] | None = None,
) -> Markup:
    """Shares per bin of one or two samples: the first as bars, the second as an outline.

    Args:
        labels: Names of the bins.
        samples: Name and shares per bin of each sample.
        title: What the chart shows, for people who cannot see it.
        height: The chart's height in pixels.
        ends: What to write under the left and the right end.
    """
    top = max((value for _, values in samples for value in values if is_known(value)), default=0)
    if not labels or not top:
        return empty_chart(title, height)
    tall = height - (18 if ends else 0)
    width = 100 / len(labels)
    parts = []
    _, shares = samples[0]
    for index, (label, value) in enumerate(zip(labels, shares, strict=True)):
        high = (tall - 2) * (value or 0.0) / top
        said = "; ".join(f"{name} {percent(values[index])}" for name, values in samples)
        hint = tag("title", f"{label}: {said}")
        across = {"x": f"{index * width:.2f}%", "width": f"{width * 0.92:.2f}%"}
        parts.append(tag("rect", y=tall - high, height=high, class_="fill-soft", **across))
        # A column as tall as the chart is easier to point at than a short bar.
        parts.append(tag("rect", hint, y=0, height=tall, class_="hit", **across))
    for _, values in samples[1:2]:
        steps = "".join(
            f"L{index} {100 - 100 * (value or 0) / top:.1f}"
            f"L{index + 1} {100 - 100 * (value or 0) / top:.1f}"
            for index, value in enumerate(values)
        )
        outline = tag("path", d=f"M0 100{steps}L{len(labels)} 100", class_="stroke second")
        parts.append(stretched(outline, tall - 2, across=len(labels), y=2))
    parts.append(tag("line", x1="0", x2="100%", y1=tall, y2=tall, class_="axis"))
    if ends:
        parts.append(tag("text", ends[0], x="0", y=height - 4, class_="small"))
        parts.append(tag("text", ends[1], x="100%", y=height - 4, class_="end small"))
    return chart(title, height, *parts)


def _width(label: str) -> str | None:
    """Short names stay on one line; long ones may be broken."""
    return "short" if len(label) <= SHORT else None


def _track(row: Bar, scale: float, reference: float | None) -> Markup:
    """The bar itself: value, second sample, interval and level line, across in percent."""

    def across(value: float) -> str:
        return f"{min(100.0, max(0.0, 100 * value / scale)):.2f}%"

    two = is_known(row.second)
    parts = []
    if is_known(row.value):
        tall = 7 if two else 10
        fill = f"fill {row.tone}"
        parts.append(tag("rect", y=4, height=tall, width=across(row.value), rx=1.5, class_=fill))
    if is_known(row.second):
        parts.append(
            tag("rect", y=12, height=4, width=across(row.second), rx=1.5, class_="fill second")
        )
    if is_known(row.low) and is_known(row.high):
        parts.append(
            tag("line", x1=across(row.low), x2=across(row.high), y1=9, y2=9, class_="whisker")
        )
    if is_known(reference):
        x = across(reference)
        parts.append(tag("line", x1=x, x2=x, y1=0, y2=18, class_="reference"))
    return tag("svg", *parts, class_="track")
