from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weekwise.reports.charts import Swarm, beeswarm

values = st.lists(
    st.none() | st.floats(-1e6, 1e6, allow_nan=False) | st.just(float("nan")), max_size=40
)


def dots_of(chart: str) -> list[tuple[float, float]]:
    """The places of all dots, in percent across and pixels down."""
    return [(float(x), float(y)) for x, y in re.findall(r"M(-?[\d.]+) (-?[\d.]+)h\.01", chart)]


@given(values)
def test_any_values_can_be_drawn(places: list[float | None]) -> None:
    """Gaps, single dots and constants make well formed charts with each known value inside."""
    chart = beeswarm([Swarm("a", places, places)], title="t", axis="x")
    ElementTree.fromstring(f"<div>{chart}</div>")  # noqa: S314 - our own output

    known = [place for place in places if place is not None and not math.isnan(place)]
    assert len(dots_of(chart)) == len(known)
    assert all(0 <= x <= 100 for x, _ in dots_of(chart))
    assert "nan" not in chart


@pytest.mark.parametrize("swarms", [[], [Swarm("a", [])], [Swarm("a", [None, float("nan")])]])
def test_nothing_to_draw(swarms: list[Swarm]) -> None:
    """A swarm without a value says so."""
    assert "SHAP: nothing to show." in beeswarm(swarms, title="SHAP", axis="x")


def test_dots_of_like_value_stand_apart() -> None:
    """Equal values are spread over the strip's height, so that no two share a place."""
    dots = dots_of(beeswarm([Swarm("a", [0.5] * 12, [0.5] * 12)], title="t", axis="x"))

    assert len(set(dots)) == 12
    assert len({x for x, _ in dots}) == 1


def test_dots_lie_on_a_common_axis() -> None:
    """Zero is always on the axis, and a dot lies at its value's share of it."""
    dots = dots_of(beeswarm([Swarm("a", [0.0, 1.0]), Swarm("b", [0.5])], title="t", axis="x"))

    assert sorted(x for x, _ in dots) == [0, 50, 100]


def test_shades_say_low_high_and_neither() -> None:
    """The color goes with the shade; categories and missing values have one of their own."""
    chart = beeswarm(
        [Swarm("a", [1, 2, 3], [0.0, 1.0, float("nan")]), Swarm("b", [1])], title="t", axis="x"
    )
    tree = ElementTree.fromstring(f"<div>{chart}</div>")  # noqa: S314 - our own output

    shades = [path.get("class") for path in tree.iter("path")]
    assert shades == ["swarm plain", "swarm shade-0", "swarm shade-4", "swarm plain"]


def test_names_and_axis_are_written_and_escaped() -> None:
    """Strips and axis are named, whatever characters are in the names."""
    chart = beeswarm([Swarm("<b>", [1, 2])], title='"t"', axis="log-odds & more")
    tree = ElementTree.fromstring(f"<div>{chart}</div>")  # noqa: S314 - our own output

    texts = [text.text for text in tree.iter("text")]
    assert "<b>" in texts
    assert "log-odds & more" in texts
    assert next(tree.iter("svg")).get("aria-label") == '"t"'
