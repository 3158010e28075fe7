"""Small tables over many draws: what a fit learns from a hundred rows, beside plain learners.

One quarter of wine is 42 rows, and one of them changes a log loss by tenths. So the four small
tables of `public_tables.py` are drawn eight times. What is compared is the fit alone, in one
process: Weekwise's as it comes, its trees without the linear model, and the learners of
`public_tables.py`. Losses are log loss or squared error, the mean over draws.

    python benchmarks/small_tables.py [--tables wine,iris]

`autogluon_medium.py` beside this runs AutoGluon on the same draws.
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from public_tables import KEY, TABLES, TARGET, Table, learners, loss, write
from weekwise.contract.model import Contract
from weekwise.model.fitting import fit
from weekwise.model.training_record import FitParams

SMALL = ("wine", "iris", "breast cancer", "diabetes")
DRAWS, WAITING = 8, 0.25
SIDES = {"Weekwise": FitParams(), "its trees alone": FitParams(blend_max_rows=0)}
OTHERS = ("CatBoost", "boosting", "linear")


@dataclass(frozen=True)
class Draw(Table):
    """A table of which other rows wait.

    Attributes:
        seed: Which draw.
    """

    seed: int = 0

    @property
    def waiting(self) -> np.ndarray:
        """Which rows wait for their target, shape (n,)."""
        return np.random.default_rng(self.seed).random(len(self.frame)) < WAITING


def contract_of(table: Table) -> Contract:
    """All columns as features, and the target as what it is."""
    goal: dict[str, object] = {"role": "target", "title": TARGET, "type": "number"}
    if not table.numeric:
        classes = sorted(table.frame[TARGET].unique())
        goal |= {"type": "category", "values": {name: name for name in classes}}
    features = {
        name: {"type": "number", "role": "feature", "title": name}
        for name in table.frame.columns.drop(TARGET)
    }
    key = {KEY: {"type": "integer", "role": "key", "title": KEY}}
    return Contract.model_validate(
        {
            "table": "small",
            "title": "Small",
            "key": [KEY],
            "columns": {**key, **features, TARGET: goal},
        }
    )


def weekwise(draw: Draw, params: FitParams) -> np.ndarray:
    """What a fit predicts for the rows that wait."""
    contract = contract_of(draw)
    rows = draw.frame.rename_axis(KEY).reset_index()
    known = rows[~draw.waiting].reset_index(drop=True)
    model = fit(known, contract, contract.features, params, as_of=date(2024, 1, 1))
    predicted: np.ndarray = model.predict(rows[draw.waiting])
    return predicted[:, 0] if draw.numeric else predicted


def draws(name: str) -> list[Draw]:
    """A table with other rows waiting each time."""
    table = TABLES[name]()
    named = table.frame.rename(columns=lambda text: str(text).replace(" ", "_"))
    frame: pd.DataFrame = named.reset_index(drop=True)
    return [Draw(frame, table.numeric, seed) for seed in range(DRAWS)]


def measure(name: str) -> dict[str, float]:
    """The mean loss of each side on one table."""
    losses: list[dict[str, float]] = []
    for draw in draws(name):
        made = {side: weekwise(draw, params) for side, params in SIDES.items()} | learners(draw)
        losses.append({side: loss(draw, predicted) for side, predicted in made.items()})
    return pd.DataFrame(losses).mean().to_dict()


def main() -> None:
    """Measure and print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", default=",".join(SMALL))
    parser.add_argument("--write", type=Path, help="write the draws here for autogluon_medium.py")
    options = parser.parse_args()
    tables = options.tables.split(",")
    if options.write:
        write(
            {f"{name} {draw.seed}": draw for name in tables for draw in draws(name)}, options.write
        )
        return
    warnings.simplefilter("ignore")
    sides = [*SIDES, *OTHERS]
    print(f"| table | {' | '.join(sides)} | to CatBoost | to the best |")
    print("|---" + "|---:" * (len(sides) + 2) + "|")
    for name in tables:
        found = measure(name)
        ours = found["Weekwise"]
        ratios = [ours / found["CatBoost"], ours / min(found[other] for other in OTHERS)]
        cells = [f"{found[side]:.4g}" for side in sides] + [f"{ratio:.2f}" for ratio in ratios]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
