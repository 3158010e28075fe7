from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, spearmanr

from weekwise.analysis.correlation import Correlations, Pair, correlate_features
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.table import AnalysisTable

PARAMS = ExplorationParams()


def pair(found: Correlations, first: str, second: str) -> Pair:
    """The pair of two features, whichever is first."""
    return next(one for one in found.pairs if {one.first, one.second} == {first, second})


class TestCorrelateFeatures:
    """The features with each other."""

    def test_numbers(self, analysis_table: AnalysisTable) -> None:
        """Two numbers go together by Spearman's correlation, gaps left out."""
        found = pair(correlate_features(analysis_table, PARAMS), "amount", "refund")
        expected = spearmanr(
            analysis_table.history.numbers["amount"], analysis_table.history.numbers["refund"]
        )

        assert found.measure == "Spearman"
        assert found.value == pytest.approx(expected.statistic, abs=1e-3)

    def test_same_information(self, analysis_table: AnalysisTable) -> None:
        """Pairs that tell the same are at one; a constant has no pairs."""
        found = correlate_features(analysis_table, PARAMS)

        for first, second in (("amount", "amount_cents"), ("region", "region_code")):
            assert pair(found, first, second).value == pytest.approx(1, abs=0.01)
            assert pair(found, first, second).same_information == 1
        assert pair(found, "items", "gift").value < 0.2
        names = {name for one in found.pairs for name in (one.first, one.second)}
        assert not names & {"currency", "empty"}

    def test_settling_is_not_saying_the_same(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """A town settles its region and its distance, but neither says which town it is."""
        town = np.arange(len(orders)) % 6
        rows = orders.assign(
            town=[f"t{code}" for code in town],
            area=np.where(town < 3, "west", "east"),
            miles=town * 1.5,
        )
        category = {"type": "category", "title": "C"}
        analysis_table = analysis_table_of(
            rows=rows, town=category, area=category, miles={"type": "number", "title": "M"}
        )
        found = correlate_features(analysis_table, PARAMS)

        assert pair(found, "town", "area").value == pytest.approx(1, abs=0.01)
        assert pair(found, "town", "area").same_information < 0.5
        assert pair(found, "town", "miles").measure == "correlation ratio"
        assert pair(found, "town", "miles").value == pytest.approx(1)
        assert pair(found, "town", "miles").same_information == 0

    def test_the_square(self, analysis_table: AnalysisTable) -> None:
        """The square is symmetric and holds every pair's strength."""
        found = correlate_features(analysis_table, PARAMS)

        assert list(found.names) == analysis_table.features
        for row, one in enumerate(found.cells):
            assert [other[row] for other in found.cells] == list(one)
            assert one[row] == 1
        first, second = found.pairs[0].first, found.pairs[0].second
        place = found.names.index(first), found.names.index(second)
        assert found.cells[place[0]][place[1]] == found.pairs[0].value

    def test_many_values_take_little_memory(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """Two features of 20,000 values are measured in megabytes, without a table of all pairs."""
        place = np.arange(20_000)
        rows = orders.iloc[place % 400].assign(
            order=place,
            street=[f"s{number}" for number in place],
            door=[f"d{number}" for number in place],
        )
        category = {"type": "category", "title": "C"}
        table = analysis_table_of(rows=rows, street=category, door=category)
        tracemalloc.start()
        found = correlate_features(table, PARAMS)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert pair(found, "street", "door").same_information == 1
        assert peak < 50e6

    def test_categories_as_scipy_has_them(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """The strength follows from SciPy's chi-squared, corrected for chance."""
        rng = np.random.default_rng(5)
        first = rng.integers(0, 5, len(orders))
        second = np.where(rng.random(len(orders)) < 0.5, first, rng.integers(0, 4, len(orders)))
        rows = orders.assign(one=first.astype(str), other=second.astype(str))
        category = {"type": "category", "title": "C"}
        table = analysis_table_of(rows=rows, one=category, other=category)
        seen = table.history.codes
        cells = pd.crosstab(seen["one"], seen["other"]).to_numpy()
        n, (height, width) = cells.sum(), cells.shape
        squared = chi2_contingency(cells, correction=False).statistic / n
        corrected = squared - (height - 1) * (width - 1) / (n - 1)
        smaller = min(size - (size - 1) ** 2 / (n - 1) for size in (height, width)) - 1

        found = pair(correlate_features(table, PARAMS), "one", "other")
        assert found.value == pytest.approx(np.sqrt(corrected / smaller), abs=1e-4)

    def test_a_seeded_sample(self, analysis_table: AnalysisTable) -> None:
        """Of many rows a sample is measured, the same in every run."""
        few = ExplorationParams(sample_rows=100)
        other = ExplorationParams(sample_rows=100, seed=1)

        assert correlate_features(analysis_table, few) == correlate_features(analysis_table, few)
        assert correlate_features(analysis_table, few).rows == 100
        assert correlate_features(analysis_table, few) != correlate_features(analysis_table, other)
