from __future__ import annotations

import pandas as pd

from weekwise.analysis.outcomes import news_of_outcomes

NONE = float("nan")


def outcomes(**known: float) -> pd.DataFrame:
    """Rows by name with their outcomes."""
    return pd.DataFrame(
        {"row": list(known), "outcome": pd.Series(list(known.values()), dtype="float64")}
    )


def news(now: pd.DataFrame, before: pd.DataFrame) -> tuple[dict[str, float], int]:
    """What is to be noted, and how many have changed."""
    noted, corrected = news_of_outcomes(now, before)
    return dict(zip(noted["row"], noted["outcome"].fillna(-1), strict=True)), corrected


def test_the_first_outcome_of_a_row_is_noted() -> None:
    """An outcome that was not known before is news and no correction; a missing one is neither."""
    assert news(outcomes(a=1, b=NONE), outcomes()) == ({"a": 1}, 0)
    assert news(outcomes(a=1, b=0), outcomes(a=1)) == ({"b": 0}, 0)


def test_what_has_changed_is_counted_and_noted() -> None:
    """Another value, and one that was taken back, are corrections of the last one noted."""
    before = pd.concat([outcomes(a=0, b=1, c=1), outcomes(a=1)])

    assert news(outcomes(a=1, b=0, c=NONE), before) == ({"b": 0, "c": -1}, 2)


def test_a_row_that_was_predicted_twice_counts_once() -> None:
    """A row that waits for its outcome is predicted in several weeks."""
    twice = pd.concat([outcomes(a=1), outcomes(a=1)])

    assert news(twice, outcomes(a=0)) == ({"a": 1}, 1)
