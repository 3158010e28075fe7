from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trains import CONTRACT, trains
from weekwise.features.model_frame import ModelInputs, model_frame
from weekwise.model.linear_learner import fit_linear
from weekwise.model.linear_model import LinearModel

INPUTS = ModelInputs(contract=CONTRACT, features=("line", "stops", "cars", "rain"))
FRAME = model_frame(trains(), INPUTS)
OUTCOME = trains()["late"].to_numpy(float)
LINEAR = fit_linear(FRAME, OUTCOME, INPUTS)


def scikit_learn() -> np.ndarray:
    """The log-odds that scikit-learn's own pipeline gives the rows it was fitted on."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    columns = [("c", OneHotEncoder(), ["line"]), ("n", numbers, ["stops", "cars", "rain"])]
    learner = LogisticRegression(solver="newton-cholesky")
    pipeline = make_pipeline(ColumnTransformer(columns), learner)
    scores: np.ndarray = pipeline.fit(FRAME, OUTCOME).decision_function(FRAME)
    return scores


def test_its_numbers_are_scikit_learns() -> None:
    """What is kept of the fitted pipeline gives the same scores without it."""
    assert FRAME[["cars", "rain"]].isna().any().all()
    np.testing.assert_allclose(LINEAR.scores(FRAME), scikit_learn(), rtol=0, atol=1e-9)


VALUES = st.tuples(
    st.sampled_from(["red", "blue", "green", "purple", ""]),
    *[st.none() | st.floats(-1e9, 1e9) | st.just(float("nan"))] * 3,
)


@settings(max_examples=50)
@given(st.lists(VALUES, min_size=1, max_size=4))
def test_rows_score_alike_as_lists_and_as_a_frame(rows: list[tuple[object, ...]]) -> None:
    """The service and a batch give the same row the same score, and it can be told apart."""
    frame = pd.DataFrame(rows, columns=list(INPUTS.names)).astype(
        dict.fromkeys(INPUTS.names[1:], "float64")
    )

    scores = LINEAR.scores(frame)

    np.testing.assert_allclose(LINEAR.scores_of_lists(rows), scores, atol=1e-9)
    np.testing.assert_allclose(LINEAR.contributions(frame).sum(axis=1), scores, atol=1e-9)


def test_numbers_beyond_all_that_was_seen_add_no_more() -> None:
    """A line is not drawn on to where no training row was."""
    highest = FRAME["stops"].max()
    at_the_end, beyond = (FRAME.head(1).assign(stops=value) for value in (highest, 1e6))

    assert LINEAR.scores(beyond) == pytest.approx(LINEAR.scores(at_the_end))


def test_written_and_read(tmp_path: Path) -> None:
    """JSON keeps every bit."""
    file = tmp_path / "linear.json"
    file.write_text(LINEAR.model_dump_json(), "utf-8")

    again = LinearModel.model_validate_json(file.read_text("utf-8"))

    assert np.array_equal(again.scores(FRAME), LINEAR.scores(FRAME))


def test_importances() -> None:
    """In percent of all; rain and line decide whether a train is late."""
    found = LINEAR.importances()

    assert sum(found.values()) == pytest.approx(100)
    assert min(found["rain"], found["line"]) > max(found["stops"], found["cars"])
