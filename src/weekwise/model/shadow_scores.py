"""What a shadow has predicted of live rows beside the champion, and how the two differ.

The service writes it as Parquet files by day; the weekly report and the service read it back.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weekwise.contract.frozen import Frozen
from weekwise.errors import StoreError
from weekwise.tasks.base import Task
from weekwise.wording import days, percent, whole

if TYPE_CHECKING:
    import pandas as pd

DAYS = 7
"""How many days are compared."""

_COLUMNS = "day", "version", "shadow", "rows", "predicted", "shadow_predicted", "difference"
_BY_DAY = """
SELECT
    CAST(day AS DATE) AS day,
    model_version AS version,
    shadow_version AS shadow,
    count(*) AS rows,
    sum(predicted) AS predicted,
    sum(shadow_predicted) AS shadow_predicted,
    sum(difference) AS difference,
    count(differs) AS decided,
    count_if(differs) AS otherwise
FROM read_parquet($files, hive_partitioning => true, hive_types_autocast => false)
GROUP BY ALL
ORDER BY ALL
"""


class ShadowComparison(Frozen):
    """A version beside its shadow, over the live rows that both predicted.

    Attributes:
        version: The version that answered.
        shadow: The shadow's.
        first: The first day, in UTC.
        last: The last day.
        rows: How many rows both predicted.
        predicted: The mean of what was answered, as one number a row.
        shadow_predicted: The mean of what the shadow predicted.
        difference: How far the two are apart, on average.
        otherwise: The share of rows that the shadow decides otherwise; none where nothing is
            decided.
    """

    version: str
    shadow: str
    first: date
    last: date
    rows: int
    predicted: float
    shadow_predicted: float
    difference: float
    otherwise: float | None = None

    def words(self, task: Task) -> str:
        """The comparison in a few sentences.

        Args:
            task: What both predict.
        """
        mean = task.words.mean_prediction.lower()
        sentence = (
            f"Version {self.shadow} predicted {whole(self.rows)} live rows beside version "
            f"{self.version} ({days(self.first, self.last)}): {mean} "
            f"{task.show(self.shadow_predicted)} against {task.show(self.predicted)}, "
            f"{task.show_difference(self.difference)} apart on average."
        )
        if self.otherwise is None:
            return sentence
        share = percent(self.otherwise) if self.otherwise else "none"
        return f"{sentence} It decides otherwise for {share} of them."


def shadow_days(folder: Path) -> pd.DataFrame:
    """What the service has kept of shadows, by day.

    Args:
        folder: Where it keeps it; it need not be there.

    Returns:
        One row for each day and pair of versions: `day`, `version`, `shadow`, how many `rows`; the
        sums of `predicted`, `shadow_predicted` and `difference`; how many rows were `decided`, and
        how many the shadow decides `otherwise`.

    Raises:
        StoreError: If a file is damaged.
    """
    import duckdb
    import pandas as pd

    files = [str(path) for path in sorted(folder.glob("day=????-??-??/*.parquet"))]
    if not files:
        return pd.DataFrame(columns=[*_COLUMNS, "decided", "otherwise"])
    try:
        with duckdb.connect() as connection:
            return connection.execute(_BY_DAY, {"files": files}).df()
    except duckdb.Error as error:
        if not all(map(Path.exists, map(Path, files))):
            # The service has removed an old day in the meantime.
            return shadow_days(folder)
        raise StoreError(
            f"{folder} holds a file of shadow predictions that cannot be read: "
            f"{str(error).splitlines()[0]}; remove that file"
        ) from error


def compared(by_day: pd.DataFrame, end: date) -> tuple[ShadowComparison, ...]:
    """Each pair of versions over the last days before a date.

    Args:
        by_day: What `shadow_days` gives.
        end: The first date after those days.

    Returns:
        The comparisons, that of the newest day first.
    """
    pairs: dict[tuple[str, str], list[Any]] = {}
    for part in by_day.to_dict("records"):
        day = part["day"].date()
        if end - timedelta(days=DAYS) <= day < end:
            pairs.setdefault((part["version"], part["shadow"]), []).append({**part, "day": day})
    comparisons = [_comparison(*versions, parts) for versions, parts in pairs.items()]
    return tuple(sorted(comparisons, key=lambda pair: (pair.last, pair.rows), reverse=True))


def _comparison(version: str, shadow: str, parts: list[dict[str, Any]]) -> ShadowComparison:
    def total(name: str) -> float:
        return float(sum(part[name] for part in parts))

    rows, decided = total("rows"), total("decided")
    return ShadowComparison(
        version=version,
        shadow=shadow,
        first=min(part["day"] for part in parts),
        last=max(part["day"] for part in parts),
        rows=int(rows),
        predicted=total("predicted") / rows,
        shadow_predicted=total("shadow_predicted") / rows,
        difference=total("difference") / rows,
        otherwise=total("otherwise") / decided if decided else None,
    )
