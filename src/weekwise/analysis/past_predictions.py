"""Stored predictions of earlier weeks, matched with what the features know now."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import ibis

from weekwise.contract.derive import identity
from weekwise.contract.model import Contract
from weekwise.contract.reserved import PREDICTED_COLUMN
from weekwise.features.engines import text_of
from weekwise.features.window import Window
from weekwise.tasks import task_of


def recent(predictions: ibis.Table, weeks: int, window: Window) -> ibis.Table:
    """Predictions of the last weeks before `as_of`.

    Args:
        predictions: All weeks' predictions.
        weeks: How many weeks.
        window: The run's place in time.
    """
    earlier = predictions.filter(predictions.as_of < ibis.literal(window.as_of))
    newest = earlier.select("as_of").distinct().order_by(ibis.desc("as_of")).limit(weeks)
    return earlier.semi_join(newest, "as_of")


def matchable(predictions: ibis.Table, features: ibis.Table, contract: Contract) -> ibis.Table:
    """Predictions that can be matched with outcomes, in the types that the features have now.

    When they were made the contract may have had another key, time or target. Those that lack one
    of these, or what the task predicts, are left out, and so are those of another target.

    Args:
        predictions: Some weeks' predictions.
        features: Rows of the feature table.
        contract: The features' contract.
    """
    names = [*identity(contract), *task_of(contract).output_names]
    absent = [name for name in names if name not in predictions.columns]
    if absent:
        predictions = predictions.mutate({name: ibis.null("string") for name in absent})
    types = {name: features[name].type() for name in identity(contract)}
    typed = predictions.mutate(
        {
            name: predictions[name].try_cast(kind)
            for name, kind in types.items()
            if predictions[name].type() != kind
        }
    )
    return of_target(typed.drop_null(names), contract)


def of_target(predictions: ibis.Table, contract: Contract) -> ibis.Table:
    """Predictions of the contract's target, without those of a column that was the target once.

    Args:
        predictions: Some weeks' predictions; those that do not say what they are of are kept.
        contract: The features' contract.
    """
    if PREDICTED_COLUMN not in predictions.columns:
        return predictions
    said = predictions[PREDICTED_COLUMN].fill_null(str(contract.target))
    return predictions.filter(said == str(contract.target))


def weeks_of(predictions: ibis.Table) -> set[date]:
    """The as-of dates of some predictions."""
    weeks = predictions.select("as_of").distinct().to_pyarrow()["as_of"].to_pylist()
    return {week.date() if isinstance(week, datetime) else week for week in weeks}


def over_weeks(predictions: ibis.Table, contract: Contract, window: Window) -> date | None:
    """The newest earlier week whose outcomes are all due, if there is one.

    Args:
        predictions: All weeks' predictions.
        contract: The features' contract.
        window: The run's place in time.
    """
    end = window.as_of
    if contract.time is not None:
        end = window.history_end(contract) - timedelta(days=window.horizon_days - 1)
    earlier = weeks_of(predictions.filter(predictions.as_of < ibis.literal(window.as_of)))
    return max((week for week in earlier if week < end), default=None)


def with_outcomes(
    made: ibis.Table, features: ibis.Table, contract: Contract, window: Window
) -> ibis.Table:
    """Rows of history with what was predicted of them, in the order of the key.

    Args:
        made: Predictions, as `matchable` gives them.
        features: Rows of the feature table.
        contract: Its contract.
        window: The run's place in time.
    """
    said = made.select(*contract.key, *task_of(contract).output_names, "model_version")
    known = window.history(features, contract)
    return known.inner_join(said, list(contract.key)).order_by(*contract.key)


def row_text(rows: ibis.Table, contract: Contract) -> ibis.StringValue:
    """The key of each row as text."""
    return ibis.literal(" | ").join([text_of(rows, name) for name in contract.key])


def cluster(rows: ibis.Table, contract: Contract) -> ibis.Value:
    """What a bootstrap draws anew: the day of each row, or without a time the row."""
    return ibis.row_number() if contract.time is None else rows[contract.time].cast("date")
