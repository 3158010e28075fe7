from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from weekwise.analysis.table import AnalysisTable
from weekwise.analysis.target import summarize_target
from weekwise.contract.types import ColumnType
from weekwise.errors import WeekwiseError


class TestSummarizeTarget:
    """The target over past rows."""

    def test_rates(self, analysis_table: AnalysisTable, orders: pd.DataFrame) -> None:
        """Rates overall, by week, weekday and hour are those of the rows."""
        past = orders[orders["returned"].notna()]
        found = summarize_target(analysis_table)
        weekday = past.groupby(past["placed"].dt.day_of_week)["returned"].mean()

        assert found.overall.mean == pytest.approx(past["returned"].mean())
        assert [rate.rows for rate in found.by_week] == [60] * 8
        assert [rate.label for rate in found.by_week][:2] == ["2024-01-08", "2024-01-15"]
        assert [rate.mean for rate in found.by_weekday] == pytest.approx(weekday.tolist())
        assert sum(rate.rows for rate in found.by_hour) == 480

    def test_other_tasks(self, analysis_table_of: Callable[..., AnalysisTable]) -> None:
        """A target whose classes nobody lists is refused with what to do."""
        analysis_table = analysis_table_of("amount")
        columns = analysis_table.contract.columns
        other = columns["returned"].model_copy(update={"type": ColumnType.CATEGORY})
        contract = analysis_table.contract.model_copy(
            update={"columns": {**columns, "returned": other}}
        )

        with pytest.raises(WeekwiseError, match="lists no values; list its classes under values"):
            summarize_target(
                AnalysisTable(
                    contract,
                    analysis_table.window,
                    analysis_table.history,
                    analysis_table.upcoming,
                    {},
                    analysis_table.drawn,
                )
            )
