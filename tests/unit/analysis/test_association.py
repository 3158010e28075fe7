from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from weekwise.analysis.association import Association, measure_associations
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.profile import ColumnSummary
from weekwise.analysis.table import AnalysisTable

PARAMS = ExplorationParams()


def by_name(columns: tuple[ColumnSummary, ...] | tuple[Association, ...]) -> dict[str, Any]:
    """What was found, by feature."""
    return {one.name: one for one in columns}


class TestMeasureAssociations:
    """Each feature with the target."""

    def test_who_predicts(self, analysis_table: AnalysisTable) -> None:
        """A leak ranks almost perfectly, a cause well, chance not at all, a constant just half."""
        found = by_name(measure_associations(analysis_table, PARAMS))

        assert found["refund"].strength > 0.98
        assert 0.6 < found["amount"].strength < 0.85
        assert found["amount"].strength == pytest.approx(found["amount_cents"].strength)
        assert found["region"].strength == found["region_code"].strength > 0.55
        assert found["items"].strength == pytest.approx(0.5, abs=0.08)
        assert found["currency"].strength == found["empty"].strength == 0.5

    def test_rates_by_value(self, analysis_table: AnalysisTable, orders: pd.DataFrame) -> None:
        """The target's rate by value is that of the rows, gaps apart."""
        past = orders[orders["returned"].notna()]
        found = by_name(measure_associations(analysis_table, PARAMS))
        region = past.groupby("region")["returned"].mean()

        assert {rate.label: rate.mean for rate in found["region"].by_value} == pytest.approx(
            region.to_dict()
        )
        assert [rate.label for rate in found["items"].by_value] == ["1", "2", "3"]
        assert found["discount"].by_value[-1].label == "(missing)"
        for one in found.values():
            assert sum(rate.rows for rate in one.by_value) == 480

    def test_gaps_that_tell(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """A feature that is missing when the outcome is bad is found out by its gaps."""
        score = np.where(orders["returned"].fillna(False), np.nan, 1.0)
        analysis_table = analysis_table_of(
            rows=orders.assign(score=score), score={"type": "number", "title": "S"}
        )
        (found,) = measure_associations(analysis_table, PARAMS)

        assert found.missing_strength == found.strength > 0.99

    def test_it_does_not_reward_many_rare_values(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """A category that is different in every row predicts nothing."""
        rows = orders.assign(name=[f"customer {place}" for place in range(len(orders))])
        (found,) = measure_associations(
            analysis_table_of(rows=rows, name={"type": "category", "title": "Name"}), PARAMS
        )

        assert found.strength == pytest.approx(0.5)

    @pytest.mark.parametrize(
        ("name", "params", "leak"),
        [
            ("size", PARAMS, None),
            ("return_fee", PARAMS, "it has a word of the target's name"),
            ("size", ExplorationParams(leakage=0.95), "it is as strong as the parameters allow"),
        ],
    )
    def test_strength_alone_is_no_leak(
        self,
        name: str,
        params: ExplorationParams,
        leak: str | None,
        analysis_table_of: Callable[..., AnalysisTable],
        orders: pd.DataFrame,
    ) -> None:
        """A feature that tells nearly all is honest until its name or the parameters say more."""
        blurred = np.random.default_rng(8).normal(0, 0.25, len(orders))
        rows = orders.assign(**{name: orders["returned"].fillna(False).astype(float) + blurred})
        (found,) = measure_associations(
            analysis_table_of(rows=rows, **{name: {"type": "number", "title": "S"}}), params
        )

        assert found.tells_nearly_all
        assert (found.leak or "").startswith(leak or "")
        assert bool(found.leak) == bool(leak)
