from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from weekwise.analysis.association import Association, measure_associations, ranking_auc
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

        assert found["refund"].auc > 0.98
        assert 0.6 < found["amount"].auc < 0.85
        assert found["amount"].auc == pytest.approx(found["amount_cents"].auc)
        assert found["region"].auc == found["region_code"].auc > 0.55
        assert found["items"].auc == pytest.approx(0.5, abs=0.08)
        assert found["currency"].auc == found["empty"].auc == 0.5

    def test_rates_by_value(self, analysis_table: AnalysisTable, orders: pd.DataFrame) -> None:
        """The target's rate by value is that of the rows, gaps apart."""
        past = orders[orders["returned"].notna()]
        found = by_name(measure_associations(analysis_table, PARAMS))
        region = past.groupby("region")["returned"].mean()

        assert {rate.label: rate.rate for rate in found["region"].by_value} == pytest.approx(
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

        assert found.missing_auc == found.auc > 0.99

    def test_it_does_not_reward_many_rare_values(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """A category that is different in every row predicts nothing."""
        rows = orders.assign(name=[f"customer {place}" for place in range(len(orders))])
        (found,) = measure_associations(
            analysis_table_of(rows=rows, name={"type": "category", "title": "Name"}), PARAMS
        )

        assert found.auc == pytest.approx(0.5)

    @given(
        st.lists(st.tuples(st.integers(-1, 6), st.booleans()), min_size=20, max_size=60),
        st.integers(2, 4),
    )
    def test_against_scikit_learn(self, rows: list[tuple[int, bool]], folds: int) -> None:
        """The measure from counts equals scikit-learn's from out-of-fold rates, row by row."""
        bins = np.array([code for code, _ in rows], dtype=np.int32)
        target = np.array([hit for _, hit in rows], dtype=float)
        fold_of = (np.arange(len(rows)) % folds).astype(np.int32)
        areas, weights = [], []
        for fold in range(folds):
            inside, others = fold_of == fold, fold_of != fold
            base = target[others].mean()
            rates = {
                code: (target[others & (bins == code)].sum() + 5 * base)
                / ((others & (bins == code)).sum() + 5)
                for code in set(bins.tolist())
            }
            if 0 < target[inside].sum() < inside.sum():
                # Equal rates must stay equal in spite of rounding.
                scores = [round(rates[code], 10) for code in bins[inside].tolist()]
                areas.append(roc_auc_score(target[inside], scores))
                weights.append(inside.sum())
        expected = float(np.average(areas, weights=weights)) if areas else None

        assert ranking_auc(bins, target, fold_of, 5) == pytest.approx(expected)
