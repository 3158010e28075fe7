from __future__ import annotations

import math

import pytest
from markupsafe import Markup

from weekwise.reports.html.markup import join, tag
from weekwise.wording import NOTHING, fixed, number, percent, whole


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (tag("p", "a < b", class_="note"), '<p class="note">a &lt; b</p>'),
        (tag("p", Markup("<b>x</b>")), "<p><b>x</b></p>"),
        (tag("a", "x", href='"><script>'), '<a href="&#34;&gt;&lt;script&gt;">x</a>'),
        (tag("rect", x=1.5, y=2.0, aria_label="b"), '<rect x="1.5" y="2" aria-label="b"/>'),
        (tag("td", "", scope=None), "<td></td>"),
        (join(["<", Markup("<i></i>")]), "&lt;<i></i>"),
    ],
)
def test_tag(made: Markup, expected: str) -> None:
    """Text and attributes are escaped, markup is not, and absent attributes are left out."""
    assert made == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (percent(0.0832), "8.3%"),
        (percent(0), "0.0%"),
        (percent(0.00001), "<0.1%"),
        (percent(1, 0), "100%"),
        (whole(336776), "336,776"),
        (number(12345.6), "12,346"),
        (number(2013.0), "2013"),
        (number(0.04567), "0.0457"),
        (number(-30.0), "-30"),
        (number(0), "0"),
        (fixed(0.5, 3), "0.500"),
    ],
)
def test_numbers_as_people_read_them(written: str, expected: str) -> None:
    """Numbers are short, never in powers of ten, and comparable down a column."""
    assert written == expected


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
@pytest.mark.parametrize("show", [percent, whole, number, fixed])
def test_no_number(show: object, value: float | None) -> None:
    """What is not known is a dash, and never `nan`."""
    assert callable(show)
    assert show(value) == NOTHING
