from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from weekwise.reports.charts import (
    Bar,
    Series,
    bars,
    heatmap,
    histogram,
    line_chart,
    sparkline,
)

values = st.lists(
    st.none() | st.floats(-1e6, 1e6, allow_nan=False) | st.just(float("nan")),
    min_size=1,
    max_size=30,
)


def parsed(*made: Markup) -> ET.Element:
    """The markup as a tree; markup that is not well formed fails here."""
    return ET.fromstring(f"<div>{Markup('').join(made)}</div>")  # noqa: S314 - our own output


def found(tree: ET.Element, name: str, class_: str) -> list[ET.Element]:
    """Elements by name and one of their classes."""
    return [one for one in tree.iter(name) if class_ in (one.get("class") or "").split()]


@given(values)
def test_any_values_can_be_drawn(drawn: list[float | None]) -> None:
    """Gaps, single points and constants make well formed charts without a number that is none."""
    labels = [str(place) for place in range(len(drawn))]
    series = Series("a", drawn, low=drawn, high=drawn)
    made = (
        line_chart(labels, [series], title="t", from_zero=False),
        sparkline(drawn, title="t"),
        bars([Bar(label, value) for label, value in zip(labels, drawn, strict=True)], title="t"),
        heatmap(labels, [drawn] * len(labels), title="t"),
    )

    assert "nan" not in parsed(*made).tag
    assert not any("nan" in str(one) for one in made)


def test_a_line_breaks_at_a_gap() -> None:
    """An unknown value leaves a gap in a line and its band instead of a bridge."""
    series = Series("late", [0.1, 0.2, None, 0.3, 0.4], low=[0.0] * 5, high=[0.5] * 5)
    tree = parsed(line_chart(list("abcde"), [series], title="Late by week"))

    assert len(found(tree, "path", "stroke")) == 2
    assert [one.text for one in tree.iter("title")] == [
        "a: late 10.0% (0.0% to 50.0%)",
        "b: late 20.0% (0.0% to 50.0%)",
        "c: late — (0.0% to 50.0%)",
        "d: late 30.0% (0.0% to 50.0%)",
        "e: late 40.0% (0.0% to 50.0%)",
    ]


def test_charts_are_named_for_screen_readers() -> None:
    """Every chart says what it shows to people who cannot see it."""
    made = [
        line_chart(["a"], [Series("x", [1.0])], title="one <b>"),
        histogram(["a"], [("x", [1.0])], title="one <b>"),
        heatmap(["a", "b"], [[1, 0.5], [0.5, 1]], title="one <b>"),
        sparkline([1, 2], title="one <b>"),
    ]

    for one in made:
        pictures = [svg for svg in parsed(one).iter("svg") if svg.get("role") == "img"]
        assert [svg.get("aria-label") for svg in pictures] == ["one <b>"]


def test_a_level_line_and_a_legend() -> None:
    """A reference is drawn with its name; several lines have a legend, one has none."""
    one = line_chart(["a", "b"], [Series("x", [1, 2])], title="t", reference=("mean", 1.5))
    two = line_chart(["a"], [Series("x", [1]), Series("y", [2], dashed=True)], title="t")

    assert "mean" in [text.text for text in parsed(one).iter("text")]
    assert not found(parsed(one), "ul", "legend")
    assert ["".join(item.itertext()) for item in parsed(two).iter("li")] == ["x", "y"]


def test_bars_are_a_table_of_numbers() -> None:
    """A bar chart reads as a table: name, value, note; its bars are in proportion."""
    rows = [Bar("JFK", 0.2, 0.1, 0.4, note="20 rows"), Bar("LGA", 0.1, second=0.4), Bar("?", None)]
    tree = parsed(bars(rows, title="Late by origin", reference=0.3, names=("Origin", "Late")))
    cells = ["".join(cell.itertext()) for cell in tree.iter("td") if cell.get("class") != "bar"]

    assert [head.text for head in tree.iter("th")] == ["Origin", "Late", "JFK", "LGA", "?"]
    assert [cell for cell in cells if cell] == ["20.0%", "20 rows", "10.0%", "—"]
    assert [bar.get("width") for bar in tree.iter("rect")] == ["50.00%", "25.00%", "100.00%"]
    assert len(found(tree, "line", "reference")) == 3


def test_a_histogram_sets_one_sample_against_another() -> None:
    """The first sample is bars to the scale of the largest share, the second an outline."""
    tree = parsed(
        histogram(["a", "b"], [("past", [0.5, 0.25]), ("now", [0.25, 0])], title="t", height=22)
    )

    assert [float(bar.get("height", 0)) for bar in found(tree, "rect", "fill-soft")] == [20, 10]
    assert len(found(tree, "path", "second")) == 1
    assert next(tree.iter("title")).text == "a: past 50.0%; now 25.0%"


def test_a_stronger_cell_is_darker() -> None:
    """A heatmap shades by size whatever the sign, and leaves out what is unknown."""
    tree = parsed(heatmap(["a", "b"], [[1, -0.8], [0.1, None]], title="t"))
    shades = [float((cell.get("style") or "").split(":")[1]) for cell in tree.iter("rect")]

    assert shades == pytest.approx([1.0, 0.81, 0.145], abs=0.01)


@pytest.mark.parametrize(
    "made",
    [
        line_chart([], [], title="Empty"),
        line_chart(["a"], [Series("x", [None])], title="Empty"),
        histogram([], [("x", [])], title="Empty"),
        histogram(["a"], [("x", [0.0])], title="Empty"),
        bars([], title="Empty"),
        heatmap([], [], title="Empty"),
    ],
)
def test_nothing_to_draw(made: Markup) -> None:
    """A chart without a value says so."""
    assert "Empty: nothing to show." in "".join(parsed(made).itertext())


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_ticks_span_the_values(low: float, span: float) -> None:
    """Whatever the scale, the axis has a few marks."""
    chart = line_chart(["a", "b"], [Series("x", [low, low + span])], title="t", from_zero=False)

    assert 2 <= len(found(parsed(chart), "line", "grid-line")) <= 8
