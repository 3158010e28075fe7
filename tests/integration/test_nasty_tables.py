"""Tables that nobody would make on purpose: predictions, or one message that says what to do."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import inferred_runs
import runs
from weekwise.errors import WeekwiseError

pytestmark = pytest.mark.slow

START = datetime(2024, 1, 1)  # noqa: DTZ001 - tables are in local time
NAMES = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=12
).map(str.strip).filter(bool)  # fmt: skip

Maker = Callable[[np.random.Generator, int], Any]
COLUMNS: dict[str, Maker] = {
    "whole": lambda draw, rows: draw.integers(-5, 5, rows),
    "huge": lambda draw, rows: draw.integers(2**60, 2**62, rows),
    "tiny": lambda draw, rows: draw.normal(0, 1e-12, rows),
    "skewed": lambda draw, rows: draw.pareto(0.5, rows) * 1e6,
    "infinite": lambda draw, rows: np.where(draw.random(rows) < 0.1, np.inf, draw.random(rows)),
    "constant": lambda _, rows: ["same"] * rows,
    "empty": lambda _, rows: [None] * rows,
    "words": lambda draw, rows: draw.choice(["a", "B ", "é", "", "null", "NaN"], rows),
    "unique words": lambda draw, rows: [f"w{number}" for number in draw.permutation(rows)],
    "truth": lambda draw, rows: draw.choice(["Yes", "no", "YES"], rows),
    "codes": lambda draw, rows: [f"{number:05d}" for number in draw.integers(0, 50, rows)],
    "gaps": lambda draw, rows: np.where(draw.random(rows) < 0.9, np.nan, draw.random(rows)),
    "days": lambda draw, rows: [
        (START + timedelta(days=int(day))).date() for day in draw.integers(0, 60, rows)
    ],
}
TARGETS: dict[str, Maker] = {
    "truth": lambda draw, rows: draw.random(rows) < 0.3,
    "rare": lambda draw, rows: draw.random(rows) < 0.01,
    "never": lambda _, rows: [False] * rows,
    "number": lambda draw, rows: draw.normal(0, 1, rows),
    "count": lambda draw, rows: draw.poisson(2, rows),
    "class": lambda draw, rows: draw.choice(["x", "y", "z z"], rows),
    "lonely class": lambda _, rows: ["x", *(["y"] * (rows - 1))],
    "nothing": lambda _, rows: [None] * rows,
}


@st.composite
def nasty(draw: st.DrawFn) -> pd.DataFrame:
    """A table of random columns, with and without a time, whose last rows wait for their target."""
    rows = draw(st.sampled_from([1, 3, 40, 400, 1500]))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kinds = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=6))
    names = draw(st.lists(NAMES, min_size=len(kinds), max_size=len(kinds), unique_by=str.lower))
    frame = pd.DataFrame(
        {
            name: pd.Series(COLUMNS[kind](random, rows))
            for name, kind in zip(names, kinds, strict=True)
        }
    )
    if draw(st.booleans()):
        frame["when it was"] = [START + timedelta(minutes=90 * row) for row in range(rows)]
    target = pd.Series(TARGETS[draw(st.sampled_from(sorted(TARGETS)))](random, rows), dtype=object)
    waits = draw(st.sampled_from([0.0, 0.05, 0.5]))
    frame["goal"] = target.mask(np.arange(rows) >= rows * (1 - waits))
    return frame


@given(frame=nasty())
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_predictions_or_one_message(frame: pd.DataFrame) -> None:
    """The loop ends with a report, or with one message of the project's own."""
    folder = Path(tempfile.mkdtemp())
    try:
        said = _ending(frame, folder)
    finally:
        shutil.rmtree(folder)

    assert said in ("OK", "WARN", "ACT") or said.startswith("weekwise.errors."), said


def _ending(frame: pd.DataFrame, folder: Path) -> str:
    """The status of the report, or the error that inference or the run ends with."""
    source = folder / "table.csv"
    frame.to_csv(source, index=False)
    try:
        conf = inferred_runs.infer(folder, source, target="goal")
    except WeekwiseError as error:
        return f"weekwise.errors.{type(error).__name__}: {error}"
    week = _first_week(conf)
    try:
        runs.run(folder / "data" / inferred_runs.ENV, week, env=inferred_runs.ENV, conf_source=conf)
    except RuntimeError as error:
        return _message(str(error))
    return str(inferred_runs.report(folder, week)["status"])


def _first_week(conf: Path) -> str:
    import yaml

    said = yaml.safe_load((conf / inferred_runs.ENV / "globals.yml").read_text("utf-8"))
    first = (said.get("calendar") or {}).get("first_as_of")
    return str(first or "2024-03-04")


def _message(trace: str) -> str:
    """The last exception of a traceback."""
    lines = [line for line in trace.splitlines() if line and not line.startswith(" ")]
    errors = [line for line in lines if "Error" in line.split(":")[0]]
    if not errors or not errors[-1].startswith("weekwise.errors."):
        return trace
    return errors[-1]
