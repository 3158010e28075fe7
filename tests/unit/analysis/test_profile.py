from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from weekwise.analysis.association import Association
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.profile import ColumnSummary, profile_columns
from weekwise.analysis.table import AnalysisTable

PARAMS = ExplorationParams()


def by_name(columns: tuple[ColumnSummary, ...] | tuple[Association, ...]) -> dict[str, Any]:
    """What was found, by feature."""
    return {one.name: one for one in columns}


class TestSummarizeColumns:
    """Each feature by itself."""

    def test_rows(self, analysis_table: AnalysisTable) -> None:
        """The profile counts past and upcoming rows and names the window."""
        profile = profile_columns(analysis_table, PARAMS)

        assert (profile.history_rows, profile.upcoming_rows) == (480, 60)
        assert (str(profile.first), str(profile.end)) == ("2024-01-08", "2024-03-11")
        assert [column.name for column in profile.columns] == analysis_table.features

    def test_a_number(self, analysis_table: AnalysisTable, orders: pd.DataFrame) -> None:
        """A number has its quantiles, its gaps, and shares by bin that add up."""
        past = orders[orders["returned"].notna()]["discount"]
        found = by_name(profile_columns(analysis_table, PARAMS).columns)["discount"]

        assert found.missing == pytest.approx(past.isna().mean())
        assert found.quantiles.median == pytest.approx(past.median())
        assert found.quantiles.mean == pytest.approx(past.mean())
        assert found.distinct == past.nunique()
        assert len(found.bins) == len(found.history) == len(found.upcoming)
        assert sum(found.history) == pytest.approx(1, abs=1e-4)
        assert sum(found.upcoming) == pytest.approx(1, abs=1e-4)

    def test_few_whole_numbers(self, analysis_table: AnalysisTable, orders: pd.DataFrame) -> None:
        """A number with few values has a bin for each."""
        shares = orders["items"].head(480).value_counts(normalize=True).sort_index()
        found = by_name(profile_columns(analysis_table, PARAMS).columns)["items"]

        assert found.bins == ("1", "2", "3")
        assert found.history == pytest.approx(tuple(shares), abs=1e-6)

    def test_a_category(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """The most frequent values are named, the rest share a bin, and new ones are counted."""
        rows = orders.assign(shop=["a"] * 300 + ["b"] * 100 + ["c"] * 50 + ["d"] * 30 + ["z"] * 60)
        analysis_table = analysis_table_of(rows=rows, shop={"type": "category", "title": "Shop"})
        (found,) = profile_columns(analysis_table, ExplorationParams(max_categories=2)).columns

        assert found.bins == ("a", "b", "others")
        assert found.history == pytest.approx((300 / 480, 100 / 480, 80 / 480), abs=1e-6)
        assert found.upcoming == (0, 0, 1)
        assert (found.distinct, found.unseen) == (4, 60)
        assert (found.top, found.top_share) == ("a", 300 / 480)

    def test_a_long_tail(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """A number that is nearly always the same still has bins from end to end."""
        many = pd.concat([orders] * 20, ignore_index=True)
        rain = np.where(many.index % 340 == 0, many.index / 340, 0.0)
        rows = many.assign(order=many.index, rain=rain)
        analysis_table = analysis_table_of(rows=rows, rain={"type": "number", "title": "Rain"})
        (found,) = profile_columns(analysis_table, PARAMS).columns

        assert (found.bins[0], found.bins[-1]) == ("0 to 1.292", "29.71 to 31")
        assert found.history[0] > 0.99
        assert sum(found.history) == pytest.approx(1, abs=1e-4)

    def test_gaps_only(self, analysis_table: AnalysisTable) -> None:
        """A column without a value is described as such."""
        found = by_name(profile_columns(analysis_table, PARAMS).columns)["empty"]

        assert (found.missing, found.distinct, found.quantiles) == (1, 0, None)
        assert (found.top, found.top_share) == ("(missing)", 1)
