"""What other pipelines and the data gate found, as the weekly report has it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from weekwise.analysis.feature_drift import FeatureDrift
from weekwise.analysis.performance import ExpectedPerformance
from weekwise.analysis.selection import Selection
from weekwise.contract.model import Contract
from weekwise.errors import AsOfError
from weekwise.features.window import Window
from weekwise.model.compatibility import why_not
from weekwise.model.contenders import CurrentChampion
from weekwise.model.evaluation import Evaluation
from weekwise.model.verdict import Verdict
from weekwise.quality.gate_result import GateResult
from weekwise.reports.exploration.exploration import Exploration
from weekwise.reports.level_words import level_in_words
from weekwise.reports.weekly.weekly_report import DataFigures, VerdictFigures
from weekwise.reports.wrangling_summary import WranglingSummary
from weekwise.wording import day


def check_as_of(name: str, of: object, window: Window) -> None:
    """Refuse what another week left behind.

    Args:
        name: The dataset that was loaded.
        of: Its as-of date, or that date in ISO form, with or without a time.
        window: The run's place in time.

    Raises:
        AsOfError: If the dates differ.
    """
    if str(of)[:10] != str(window.as_of):
        raise AsOfError(
            f"{name} is of {of}, not of {window.as_of}; "
            f"run the whole week: kedro run --params as_of={window.as_of}"
        )


def data_of(
    wrangling_summary: WranglingSummary, gate_results: Iterable[GateResult], *, has_key: bool
) -> DataFigures:
    """What the run was made of.

    Args:
        wrangling_summary: What data wrangling reports of itself.
        gate_results: What the data gate said of each table.
        has_key: Whether rows have a key of their own.
    """
    shared = set(DataFigures.model_fields) & set(WranglingSummary.model_fields)
    # How long a check took is not the week's: run again, a week's report is the same.
    timeless = tuple(result.model_copy(update={"seconds": 0.0}) for result in gate_results)
    figures = {name: getattr(wrangling_summary, name) for name in shared}
    return DataFigures(**figures, gate=timeless, has_key=has_key)


def drift_of(exploration: Exploration, selected: Selection) -> tuple[FeatureDrift, ...]:
    """Drift of the selected features, the furthest first."""
    wanted = set(selected.selected)
    selection = [feature for feature in exploration.drift if feature.column in wanted]
    return tuple(sorted(selection, key=lambda feature: (-(feature.psi or 0.0), feature.column)))


def verdict_of(verdict: Verdict) -> VerdictFigures:
    """The promotion gate's decision, as the report tells it."""
    return VerdictFigures(
        decision=verdict.would_be or verdict.decision,
        headline=verdict.headline,
        reasons=verdict.reasons,
        failing_slices=tuple(
            f"{part.column} {part.value}" for part in verdict.slices if part.too_bad
        ),
    )


def no_model(current: CurrentChampion, contract: Contract) -> str:
    """Why no model can predict the upcoming rows; empty if one can.

    Args:
        current: The model that the verdict asks for, if there is one.
        contract: What the rows are.
    """
    champion = current.champion
    if champion is None:
        return "there is no champion"
    reason = why_not(champion.predictor, contract)
    return "" if reason is None else f"version {champion.version} cannot predict: {reason}"


def fitted_again(current: CurrentChampion) -> str:
    """On which rows the model was fitted again, and how its level was corrected; or nothing.

    Args:
        current: The model that the verdict asks for, if there is one.
    """
    champion = current.champion
    if champion is None or champion.predictor.record.judged is None:
        return ""
    record, judged = champion.predictor.record, champion.predictor.record.judged
    until = f" up to {_last_day(record.train_end)}" if record.train_end else ""
    judged_until = f" up to {_last_day(judged.train_end)}" if judged.train_end else ""
    all_of = "all " if record.sample is None else ""
    seen = judged.rows + judged.validation_rows
    fitted = (
        f"Version {champion.version} is fitted on {all_of}{record.rows:,} rows{until}. What was "
        f"judged is its twin, the same recipe fitted on {seen:,} rows{judged_until}."
    )
    if record.sample is not None:
        fitted += f" Of a long history {record.sample.sentence()}."
    return " ".join(filter(None, [fitted, level_in_words(champion.predictor)]))


def _last_day(end: date) -> str:
    return day(end - timedelta(days=1))


def expected_of(verdict: Verdict, evaluation: Evaluation) -> ExpectedPerformance:
    """What the holdout says of the model that predicts the upcoming rows.

    The verdict's figures come first: they are of rows that neither model was fitted on, which is
    more than can be said of a champion and the whole holdout.

    Args:
        verdict: Whether the challenger won.
        evaluation: The holdout's figures of `challenger`, `champion` and `baseline`.
    """
    judged = verdict.challenger if verdict.promotes else verdict.champion
    if judged is not None and judged.loss is not None and verdict.baseline is not None:
        return ExpectedPerformance(loss=judged.loss, baseline_loss=verdict.baseline.loss)
    evaluated = evaluation.challenger if verdict.promotes else evaluation.champion
    if evaluated is None:
        return ExpectedPerformance()
    return ExpectedPerformance(loss=evaluated.metrics.loss, baseline_loss=evaluation.baseline.loss)
