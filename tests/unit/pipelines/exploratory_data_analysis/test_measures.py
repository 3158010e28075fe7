from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from weekwise.analysis.association import Association, measure_associations, ranking_auc
from weekwise.analysis.correlation import Correlations, Pair, correlate_features
from weekwise.analysis.feature_drift import measure_drift
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.profile import ColumnSummary, profile_columns
from weekwise.analysis.table import AnalysisTable
from weekwise.analysis.target import summarize_target, wilson
from weekwise.contract.types import ColumnType
from weekwise.errors import WeekwiseError

PARAMS = ExplorationParams()


def by_name(columns: tuple[ColumnSummary, ...] | tuple[Association, ...]) -> dict[str, Any]:
    """What was found, by feature."""
    return {one.name: one for one in columns}


def pair(found: Correlations, first: str, second: str) -> Pair:
    """The pair of two features, whichever is first."""
    return next(one for one in found.pairs if {one.first, one.second} == {first, second})


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


class TestSummarizeTarget:
    """The target over past rows."""

    def test_rates(self, analysis_table: AnalysisTable, orders: pd.DataFrame) -> None:
        """Rates overall, by week, weekday and hour are those of the rows."""
        past = orders[orders["returned"].notna()]
        found = summarize_target(analysis_table)
        weekday = past.groupby(past["placed"].dt.day_of_week)["returned"].mean()

        assert found.overall.rate == pytest.approx(past["returned"].mean())
        assert [rate.rows for rate in found.by_week] == [60] * 8
        assert [rate.label for rate in found.by_week][:2] == ["2024-01-08", "2024-01-15"]
        assert [rate.rate for rate in found.by_weekday] == pytest.approx(weekday.tolist())
        assert sum(rate.rows for rate in found.by_hour) == 480

    @given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_wilson(self, sample: tuple[int, int]) -> None:
        """An interval holds its share, lies between 0 and 1, and shrinks with more rows."""
        positives, rows = sample
        low, high = wilson([positives, positives * 4], [rows, rows * 4])

        assert 0 <= low[0] <= positives / rows + 1e-12
        assert positives / rows - 1e-12 <= high[0] <= 1
        assert high[1] - low[1] < high[0] - low[0]

    def test_wilson_by_the_book(self) -> None:
        """Ten of a hundred have the interval that textbooks give."""
        low, high = wilson(10, 100)

        assert (float(low), float(high)) == pytest.approx((0.0552, 0.1744), abs=1e-4)

    @pytest.mark.parametrize("target", ["number", "category"])
    def test_other_tasks(
        self, analysis_table_of: Callable[..., AnalysisTable], target: str
    ) -> None:
        """A target of another kind is refused with what to do, and not taken for a share."""
        analysis_table = analysis_table_of("amount")
        columns = analysis_table.contract.columns
        other = columns["returned"].model_copy(update={"type": ColumnType(target)})
        contract = analysis_table.contract.model_copy(
            update={"columns": {**columns, "returned": other}}
        )

        with pytest.raises(WeekwiseError, match="make the target a boolean"):
            summarize_target(
                AnalysisTable(
                    contract,
                    analysis_table.window,
                    analysis_table.history,
                    analysis_table.upcoming,
                    {},
                )
            )


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

    def test_a_seeded_sample(self, analysis_table: AnalysisTable) -> None:
        """Of many rows a sample is measured, the same in every run."""
        few = ExplorationParams(sample_rows=100)
        other = ExplorationParams(sample_rows=100, seed=1)

        assert correlate_features(analysis_table, few) == correlate_features(analysis_table, few)
        assert correlate_features(analysis_table, few).rows == 100
        assert correlate_features(analysis_table, few) != correlate_features(analysis_table, other)


class TestMeasureDrift:
    """The upcoming rows against history."""

    def test_a_moved_week(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """A week unlike all others is unusual; one like the last ones is not."""
        upcoming = orders["returned"].isna()
        rows = orders.assign(
            amount=orders["amount"].where(~upcoming, orders["amount"] + 200),
            region=orders["region"].where(~upcoming, "x"),
        )
        params = ExplorationParams(drift=PARAMS.drift.model_copy(update={"min_rows": 50}))
        drift = {
            one.upcoming.column: one
            for one in measure_drift(
                analysis_table_of("amount", "region", "items", rows=rows), params
            )
        }

        assert drift["amount"].unusual
        assert drift["amount"].upcoming.direction.way == "up"
        assert drift["region"].unusual
        assert not drift["items"].unusual
        assert len(drift["items"].recent) == params.recent_weeks == len(drift["items"].weeks)
        assert str(drift["items"].weeks[-1]) == "2024-02-26"

    def test_too_few_rows(self, analysis_table: AnalysisTable) -> None:
        """A week of fewer rows than the least is not judged."""
        assert not any(one.upcoming.drifted for one in measure_drift(analysis_table, PARAMS))

    def test_drift_as_usual(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """What drifts every week, such as a running number, is drift but not unusual."""
        week = (orders["order"] // 60).map({7: 20, 8: 7}).fillna(orders["order"] // 60)
        params = ExplorationParams(drift=PARAMS.drift.model_copy(update={"min_rows": 50}))
        (found,) = measure_drift(
            analysis_table_of(
                rows=orders.assign(week=week), week={"type": "integer", "title": "W"}
            ),
            params,
        )

        assert found.upcoming.drifted
        assert not found.unusual
