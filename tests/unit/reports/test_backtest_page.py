from __future__ import annotations

import pytest

from backtests import backtest, even, week
from weekwise.model.backtest import Backtest
from weekwise.reports.backtest_page import headline, render_backtest
from weekwise.tasks.binary import Binary
from weekwise.tasks.regression import Regression

MIXED = {"recipe": 0.5, "last_week": 0.5, "linear": 0.4, "trailing": 0.8}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            backtest(week(0, **even(0.4, 0.5)), week(1, **even(0.4, 0.5))),
            (
                "log loss is 0.4, 20.0% under a trailing constant's. "
                "It is credibly better than each of its rivals."
            ),
        ),
        (
            backtest(week(0, **even(0.6, 0.5)), week(1, **even(0.6, 0.5))),
            (
                "20.0% over a trailing constant's. It is credibly worse than last week's model, "
                "a plain linear model and a trailing constant."
            ),
        ),
        (
            backtest(week(0, **even(0.4, 0.5)), week(1, **even(0.6, 0.5))),
            "It cannot be told from any of its rivals.",
        ),
        (backtest(week(0, **MIXED)), "It is credibly worse than a plain linear model."),
        (
            backtest(week(0, **{**MIXED, "linear": 0.6})),
            "better than a plain linear model and a trailing constant, and cannot be told from",
        ),
    ],
)
def test_the_headline_says_whom_the_recipe_beats(found: Backtest, said: str) -> None:
    """It tells better, worse and no difference apart, and never hides a defeat."""
    assert said in headline(found, Binary())


def test_the_page_has_every_week_and_contender() -> None:
    """Each week's figures are on the page, in the table and in the chart, and text is escaped."""
    found = backtest(week(0, **MIXED), week(1, **even(0.4321, 0.5)), asked=9)

    page = render_backtest(found, Binary())

    assert "Orders &lt;of a shop&gt;" in page
    assert page.count("2024-01-08") >= 2
    assert "0.4321" in page
    assert page.count("trailing constant") > 2
    assert "9 weeks were asked for" in page
    assert "known 3 days after" in page
    assert "<svg" in page


def test_one_week_of_numbers_makes_a_page() -> None:
    """A single week, and a task whose loss has a unit, are shown as well."""
    page = render_backtest(backtest(week(0, **even(1403.2, 7000.0))), Regression())

    assert "1 week" in page
    assert "squared error is 1403" in page
