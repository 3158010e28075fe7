"""AutoGluon's `medium_quality` preset on the tables of `public_tables.py`, for two minutes each.

AutoGluon wants an older pandas than Weekwise, so it has an environment of its own, and gets the
tables as files, those of `small_tables.py` once for each draw. Without torch it leaves its neural
networks out.

    python benchmarks/public_tables.py --write /tmp/tables
    python benchmarks/small_tables.py --write /tmp/tables
    uv venv /tmp/autogluon
    uv pip install --python /tmp/autogluon --require-hashes -r benchmarks/autogluon.lock
    /tmp/autogluon/bin/python benchmarks/autogluon_medium.py /tmp/tables
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

TARGET, WAITING = "goal", "waits"
SECONDS = 120


def loss(frame: pd.DataFrame) -> float:
    """Mean log loss or squared error on the waiting rows, by the rule of `public_tables.loss`."""
    from autogluon.tabular import TabularPredictor

    waits = frame.pop(WAITING)
    known, waiting = frame[~waits], frame[waits]
    numeric = pd.api.types.is_numeric_dtype(frame[TARGET])
    truth = waiting.pop(TARGET).to_numpy()
    with tempfile.TemporaryDirectory() as folder:
        measure = "root_mean_squared_error" if numeric else "log_loss"
        # Left to itself, AutoGluon takes whole numbers of few values for classes.
        problem = "regression" if numeric else None
        predictor = TabularPredictor(
            label=TARGET, eval_metric=measure, problem_type=problem, path=folder, verbosity=0
        ).fit(known, presets="medium_quality", time_limit=SECONDS)
        if numeric:
            return float(np.mean((truth - predictor.predict(waiting).to_numpy()) ** 2))
        classes = sorted(frame[TARGET].unique())
        shares = predictor.predict_proba(waiting)[classes].to_numpy()
    of_truth = shares[np.arange(len(truth)), np.searchsorted(classes, truth)]
    return float(-np.log(np.clip(of_truth, 1e-6, 1)).mean())


def main() -> None:
    """Print each table's loss."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where public_tables.py --write put the tables")
    warnings.simplefilter("ignore")
    for path in sorted(parser.parse_args().folder.glob("*.parquet")):
        print(f"{path.stem:15s}{loss(pd.read_parquet(path)):10.4f}", flush=True)


if __name__ == "__main__":
    main()
