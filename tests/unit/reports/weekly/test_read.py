from __future__ import annotations

from trains import predictor, train_end, trains
from weekwise.model.contenders import Champion, CurrentChampion
from weekwise.model.fitting import refit
from weekwise.reports.weekly.read import fitted_again


def test_which_rows_the_model_was_fitted_on() -> None:
    """The report tells the model in service from the twin that was judged."""
    rows = trains()
    served = refit(predictor(20), trains(20), rows[rows["departure"] >= str(train_end(20))])

    said = fitted_again(CurrentChampion(Champion("7", served)))

    assert said == (
        f"Version 7 is fitted on all {served.record.rows:,} rows up to 15 February. "
        "What was judged is its twin, the same recipe fitted on 600 rows up to 26 January."
    )


def test_a_model_that_was_judged_itself() -> None:
    """There is nothing to tell apart."""
    assert fitted_again(CurrentChampion(Champion("1", predictor()))) == ""
    assert fitted_again(CurrentChampion(None)) == ""
