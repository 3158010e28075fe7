from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np

from trains import CONTRACT
from weekwise.configuration import overlaid
from weekwise.model.search import CONFIGURED, Race, SettingsChange, candidates, combined
from weekwise.model.training_record import FitParams

WEEKS = [date(2024, 1, 1) + timedelta(weeks=week) for week in range(8)]
NAMES = [CONFIGURED, "better", "much better", "worse", "rival"]
LEVEL = {CONFIGURED: 0.5, "better": 0.48, "much better": 0.45, "worse": 0.7, "rival": 0.1}


def merge(lower: dict[str, object], upper: dict[str, object]) -> dict[str, object]:
    """As configuration is merged."""
    return overlaid(lower, upper, soft=True)


def loss_of(candidate: SettingsChange, week: date) -> float:
    """Losses that go up and down together, and a little by themselves."""
    shared, own = np.random.default_rng([week.toordinal(), 0]), sum(map(ord, candidate.name))
    noise = np.random.default_rng([week.toordinal(), own]).normal(scale=0.004)
    return LEVEL.get(candidate.name, 0.4) + float(shared.normal(scale=0.1)) + float(noise)


def race(go_on: Callable[[], bool] = lambda: True) -> Race:
    """A race of five, one of them out of competition."""
    racers = [
        SettingsChange(name=name, changes={"training": {"fit": {name: 1}}}, served=name != "rival")
        for name in NAMES
    ]
    return Race(racers, loss_of, go_on)


def test_the_best_that_can_be_served_wins() -> None:
    """Weeks go up and down together; what counts is the difference in the same week."""
    found = race()

    found.run(WEEKS)

    assert [winner.name for winner in found.winners] == ["much better", "better"]
    board = found.leaderboard(found.winners[0])
    assert board[0].name == "rival"
    assert not board[0].served
    assert [place.name for place in board if place.chosen] == ["much better"]
    assert next(place for place in board if place.name == CONFIGURED).gain == 0


def test_who_is_credibly_behind_leaves_early() -> None:
    """The settings as they are stay to the end, as all others are compared with them."""
    found = race()

    found.run(WEEKS)

    assert len(found.losses["worse"]) == 3
    assert found.weeks == WEEKS


def test_time_runs_out() -> None:
    """A week that not all were judged on does not count."""
    left = iter([True] * 12 + [False] * 100)
    found = race(lambda: next(left))

    found.run(WEEKS)

    assert found.weeks == WEEKS[:2]
    assert {len(losses) for losses in found.losses.values()} == {2}
    assert found.winners == []


def test_changes_that_pay_are_tried_together() -> None:
    """On the same weeks; of two changes to one setting the better one holds."""
    found = race()
    found.run(WEEKS)
    one = SettingsChange(name="one", changes={"training": {"fit": {"depth": 4, "seed": 1}}})
    two = SettingsChange(name="two", changes={"training": {"fit": {"depth": 8}}})

    both = combined([one, two], merge)
    found.enter(both)

    assert both.name == "one + two"
    assert both.changes == {"training": {"fit": {"depth": 4, "seed": 1}}}
    assert list(found.losses["one + two"]) == WEEKS
    assert found.winners[0].name == "one + two"


def test_candidates_are_changes_to_the_settings() -> None:
    """Each is a setting that a run accepts, and none is what is set already."""
    fit = FitParams(depth=4, recency_half_life_days=60)

    found = candidates(fit, CONTRACT, rows=100_000, holdout_days=14, drop=())

    assert found[0] == SettingsChange(name=CONFIGURED)
    names = [each.name for each in found]
    assert "trees of depth 4" not in names
    assert "rows weigh half after 60 days" not in names
    assert "all rows weigh alike" in names
    assert "blended with a linear model" in names
    for each in found:
        changes = each.changes.get("training", {}).get("fit", {})
        FitParams.model_validate({**fit.model_dump(), **changes})


def test_a_small_table_keeps_its_own_settings() -> None:
    """What would undo the settings of few rows is not tried, nor what is so already."""
    names = [
        each.name for each in candidates(FitParams(), CONTRACT, rows=500, holdout_days=7, drop=())
    ]

    assert "half the learning rate, twice the trees" not in names
    assert "blended with a linear model" not in names
    assert "a holdout of 14 days" in names
