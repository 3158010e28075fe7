from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from weekwise.reports.charts import reliability_diagram
from weekwise.tasks.records import CalibrationBin
from weekwise.wording import percent

AXES = ("Predicted", "Actual")


def bin_of(predicted: float, realized: float, rows: int) -> CalibrationBin:
    """Rows of like prediction."""
    return CalibrationBin(
        rows=rows, predicted=predicted, realized=realized, lowest=predicted, highest=predicted
    )


rates = st.floats(0, 1) | st.just(float("nan"))
points = st.lists(st.builds(bin_of, rates, rates, st.integers(0, 10**6)), max_size=12)


def parsed(chart: Markup) -> ElementTree.Element:
    """The markup as a tree; markup that is not well formed fails here."""
    return ElementTree.fromstring(f"<div>{chart}</div>")  # noqa: S314 - our own output


@given(points, points)
def test_any_points_can_be_drawn(one: list[CalibrationBin], other: list[CalibrationBin]) -> None:
    """Any number of points makes a well formed chart without a number that is none."""
    chart = reliability_diagram(
        [("a", "accent", one), ("b", "second", other)], title="t", axes=AXES, show=percent
    )

    parsed(chart)
    assert "nan" not in chart


@pytest.mark.parametrize("curve", [[], [bin_of(float("nan"), 0.5, 3)]])
def test_nothing_to_draw(curve: list[CalibrationBin]) -> None:
    """A diagram without a point says so."""
    assert "Calibration: nothing to show." in reliability_diagram(
        [("a", "accent", curve)], title="Calibration", axes=AXES, show=percent
    )


def test_a_calibrated_model_lies_on_the_ideal_line() -> None:
    """Points that came true as predicted lie on the line drawn for the ideal."""
    curve = [bin_of(rate, rate, 10) for rate in (0.0, 0.5, 1.0)]
    diagram = reliability_diagram([("a", "accent", curve)], title="t", axes=AXES, show=percent)
    ideal, model, _ = parsed(diagram).iter("path")

    assert ideal.get("class") == "stroke plain dashed"
    ends = (ideal.get("d") or "").removeprefix("M").split("L")
    assert (model.get("d") or "").removeprefix("M").split("L")[::2] == ends


def test_points_are_joined_in_the_order_of_the_prediction() -> None:
    """A line runs from the lowest prediction to the highest, however the points arrive."""
    curve = [bin_of(0.8, 0.7, 1), bin_of(0.2, 0.1, 1)]
    shuffled = reliability_diagram([("a", "accent", curve)], title="t", axes=AXES, show=percent)
    _, model, _ = parsed(shuffled).iter("path")

    across = [float(step.split()[0]) for step in (model.get("d") or "")[1:].split("L")]
    assert across == [25, 100]


def test_points_say_their_values() -> None:
    """Pointed at, a point says its curve, what was predicted, what was realized, and its rows."""
    curves = [("<a>", "accent", [bin_of(0.25, 0.5, 1234)])]
    tree = parsed(reliability_diagram(curves, title="t", axes=AXES, show=percent))

    assert [title.text for title in tree.iter("title")] == [
        "<a>: predicted 25.0%, actual 50.0%, 1,234 rows"
    ]
    assert ["".join(item.itertext()) for item in tree.iter("li")] == ["<a>", "ideal"]
