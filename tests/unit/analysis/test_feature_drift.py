from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from weekwise.analysis.feature_drift import measure_drift
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.table import AnalysisTable

PARAMS = ExplorationParams()


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
        assert len(drift["items"].recent) == len(drift["items"].weeks) == 7
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

    def test_another_season(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """A column that moves with the season lies far from history, and near its own season."""
        days = (orders["placed"] - orders["placed"].min()).dt.days
        params = ExplorationParams(drift=PARAMS.drift.model_copy(update={"min_rows": 50}))
        heat = days / 7 + orders["order"] % 7
        (measured,) = measure_drift(
            analysis_table_of(
                rows=orders.assign(heat=heat), heat={"type": "number", "title": "Heat"}
            ),
            params,
        )

        assert measured.season is not None
        assert measured.upcoming.psi is not None
        assert measured.psi == measured.season.psi
        assert measured.psi < measured.upcoming.psi
        assert not measured.unusual

    def test_a_year_of_history(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """With a year of history a week is held against the same season of the year before."""
        upcoming = orders["returned"].isna()
        # The same days a year ago looked as the upcoming ones do, and no week since.
        year_ago = orders[upcoming].assign(
            order=orders["order"] + 10_000,
            placed=orders["placed"] - pd.Timedelta(weeks=52),
            returned=False,
        )
        rows = pd.concat([orders, year_ago], ignore_index=True)
        rows["sale"] = (rows["returned"].isna() | (rows["order"] >= 10_000)).astype(int)
        params = ExplorationParams(drift=PARAMS.drift.model_copy(update={"min_rows": 50}))
        sale = {"type": "integer", "title": "Sale"}
        fresh = rows[rows["order"] < 10_000]

        (without,) = measure_drift(analysis_table_of(rows=fresh, sale=sale), params)
        (with_year,) = measure_drift(analysis_table_of(rows=rows, sale=sale), params)

        assert without.psi is not None
        assert with_year.psi is not None
        assert with_year.psi < without.psi / 2
        assert without.unusual
