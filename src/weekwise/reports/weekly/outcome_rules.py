"""What outcomes that have come in say of the model. Each rule is a pure function of figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weekwise.analysis.level_shift import LevelShift
from weekwise.analysis.params import PerformanceParams
from weekwise.analysis.performance import WeekScore
from weekwise.reports.finding import Finding, Status
from weekwise.reports.weekly.weekly_report import Figures
from weekwise.tasks.base import Task
from weekwise.wording import counted, day, fixed, listed, percent

ROLL_BACK = (
    "see `kedro model history`; `kedro model rollback --why …` puts the previous champion back"
)


def outcome_findings(
    weeks: tuple[WeekScore, ...], params: PerformanceParams, task: Task
) -> Iterator[Finding]:
    """What the outcomes say of the model.

    Args:
        weeks: Judged weeks, the oldest first.
        params: The limits.
        task: What is predicted.
    """
    if not weeks:
        yield Finding(status=Status.OK, topic="outcomes", reason="no outcomes to compare with yet")
        return
    last = weeks[-1]
    if last.outcome_share is not None and last.outcome_share < params.min_outcome_share:
        yield Finding(
            status=Status.WARN,
            topic="outcomes",
            reason=f"only {last.rows_with_outcome:,} of the {last.rows:,} rows predicted on "
            f"{day(last.as_of)} have an outcome",
            next_step="find out whether the feed is late or these rows never get an outcome",
        )
    if not last.judged:
        yield Finding(
            status=Status.OK,
            topic="outcomes",
            reason=f"too few outcomes yet to judge the predictions of {day(last.as_of)}",
        )
        return
    judged = [week for week in weeks if week.judged]
    yield _performance(judged, params, task)
    yield from _calibration(judged, params, task)


def _performance(judged: Sequence[WeekScore], params: PerformanceParams, task: Task) -> Finding:
    last, recent = judged[-1], judged[-params.of_weeks :]
    worse = sum(week.worse for week in recent)
    if last.useless:
        return Finding(
            status=Status.ACT,
            topic="performance",
            reason=f"the predictions of {day(last.as_of)} were worse than the baseline "
            f"({_losses(last, last.baseline_loss, task)})",
            next_step=f"do not rely on this week's predictions before you know why; {ROLL_BACK}",
        )
    if last.worse and worse >= params.act_weeks:
        return Finding(
            status=Status.ACT,
            topic="performance",
            reason=f"{worse} of the last {len(recent)} weeks were worse than they had to be",
            next_step=f"look at the report's worst slices and drift, then retrain; {ROLL_BACK}",
        )
    if last.lost_to_trailing:
        sure = "credibly " if last.worse else ""
        return Finding(
            status=Status.WARN,
            topic="performance",
            reason=f"the predictions of {day(last.as_of)} were {sure}worse than the "
            f"{task.words.baseline.lower()} of the {params.trailing_days} days before "
            f"({_losses(last, last.trailing_loss, task)})",
            next_step="see in the report whether the level was missed or the order, and whether "
            "features have drifted",
        )
    if last.worse:
        return Finding(
            status=Status.WARN,
            topic="performance",
            reason=f"the predictions of {day(last.as_of)} were worse than the holdout expected "
            f"({_skills(last, 'instead of')})",
            next_step="look at the report's worst slices and drift; "
            f"{params.act_weeks} such weeks of {params.of_weeks} are ACT",
        )
    return Finding(
        status=Status.OK,
        topic="performance",
        reason=f"the predictions of {day(last.as_of)} held up ({_skills(last, 'expected')})",
    )


def _calibration(
    judged: Sequence[WeekScore], params: PerformanceParams, task: Task
) -> Iterator[Finding]:
    """Predictions credibly too high, or too low: by much, or for weeks running."""
    for shift in judged[-1].shifts:
        running = _running(judged, shift, params)
        surely = shift.credible and abs(shift.effect_low) >= params.shift_limit
        if not surely and len(running) < params.calibration_weeks:
            continue
        subject = f"predictions of {shift.label}" if shift.label else task.words.predictions
        for_weeks = f" {len(running)} weeks running" if len(running) > 1 else ""
        told = "; ".join(
            f"{task.show(each.predicted)} predicted, {task.show(each.realized)} came"
            for each in running[-params.calibration_weeks :]
        )
        yield Finding(
            status=Status.WARN,
            topic="calibration",
            reason=f"{subject} were too {'high' if shift.too_high else 'low'}{for_weeks} ({told}; "
            f"last by {task.show_shift(shift.shift)})",
            next_step=task.words.too_high,
        )


def _running(
    judged: Sequence[WeekScore], last: LevelShift, params: PerformanceParams
) -> list[LevelShift]:
    """The last weeks whose shift counts and is on the side of the last one's, oldest first."""
    running: list[LevelShift] = []
    for week in reversed(judged):
        same = [shift for shift in week.shifts if shift.label == last.label]
        if not same or not same[0].credible or same[0].too_high != last.too_high:
            break
        if abs(same[0].effect) < params.shift_limit:
            break
        running.insert(0, same[0])
    return running


def look_back_findings(figures: Figures) -> Iterator[Finding]:
    """What could not be compared with outcomes, and outcomes that have changed."""
    look_back = figures.performance.look_back
    reasons = []
    if look_back.corrected:
        reasons.append(
            f"{counted(look_back.corrected, 'outcome', 'outcomes')} of earlier weeks changed since "
            "last known; the newest counts"
        )
    if look_back.unmatched:
        weeks = listed([day(week) for week in look_back.unmatched])
        reasons.append(
            f"predictions of {weeks} cannot be compared with outcomes, since the contract's key or "
            "target has changed"
        )
    if not figures.data.has_key:
        reasons.append(
            "rows have no key of their own: a prediction whose row changes in any column but the "
            "target cannot be compared with its outcome"
        )
    for reason in reasons:
        yield Finding(status=Status.OK, topic="outcomes", reason=reason)


def retraining_findings(figures: Figures) -> Iterator[Finding]:
    """Whether retraining has paid, once there are weeks enough to tell."""
    gain = figures.model.retraining
    if gain.pays is None or gain.gain is None:
        return
    loss = f"{figures.task.words.loss} {fixed(gain.served_loss, 4)}, against "
    loss += f"{fixed(gain.first_loss, 4)} of version {gain.weeks[-1].first_version} kept for ever"
    verdict = "has paid" if gain.pays else "has not credibly paid"
    if gain.harms:
        verdict = "has made predictions worse"
    yield Finding(
        status=Status.OK,
        topic="retraining",
        reason=f"retraining {verdict} over {len(gain.weeks)} weeks ({loss})",
    )


def _losses(week: WeekScore, other: float | None, task: Task) -> str:
    return f"{task.words.loss} {fixed(week.loss, 3)} against {fixed(other, 3)}"


def _skills(week: WeekScore, word: str) -> str:
    between = f", {word}" if word == "expected" else f" {word}"
    expected = "unknown" if week.expected_skill is None else percent(week.expected_skill)
    return f"skill {percent(week.skill)}{between} {expected}"
