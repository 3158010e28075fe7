"""The report's sections on estimated losses, and on what retraining has earned."""

from __future__ import annotations

from markupsafe import Markup

from weekwise.analysis.estimated_loss import COVERAGE, FEWEST_WEEKS, EstimatedLoss, coverage_of
from weekwise.analysis.performance import WeekScore
from weekwise.analysis.retraining_gain import RetrainingGain
from weekwise.reports.charts import Series, line_chart
from weekwise.reports.html.blocks import Heading, details, figure, paragraph, table
from weekwise.reports.html.page import Section
from weekwise.reports.weekly.performance_sections import loss, short_day
from weekwise.reports.weekly.weekly_report import Figures
from weekwise.tasks.base import Task
from weekwise.wording import counted, day, fixed, percent, whole


def estimate_section(figures: Figures) -> list[Section]:
    """The loss this week's predictions speak of, and how such estimates did; none without one."""
    now, task = figures.predictions.estimated, figures.task
    weeks = [week for week in figures.performance.weeks if week.judged and week.estimated]
    if now is None and not weeks:
        return []
    parts: list[Markup] = []
    if len(weeks) > 1:
        parts = [_estimates_chart(weeks, now, figures), _estimates_table(weeks, task)]
    note = (
        "It tells an easy week from a hard one, as far as the features do. It cannot see a model "
        "that has become wrong."
    )
    lead = f"{_now(now, task)} {_followed(figures)}".strip()
    return [Section("Estimated before outcomes", [*parts, paragraph(note, note=True)], lead=lead)]


def _now(now: EstimatedLoss | None, task: Task) -> str:
    if now is None:
        return "This week's predictions do not say how far off they may be."
    between = (
        f", {percent(COVERAGE, 0)} interval {loss(now.low)} to {loss(now.high)}"
        if now.low is not None
        else f"; its interval needs {FEWEST_WEEKS} judged weeks"
    )
    return f"Estimated {task.words.loss} of this week's predictions: {loss(now.loss)}{between}."


def _followed(figures: Figures) -> str:
    held, intervals = coverage_of(figures.performance.estimates)
    if not intervals:
        return ""
    return (
        f"The interval held the actual {figures.task.words.loss} in {held} of "
        f"{counted(intervals, 'week', 'weeks')} ({percent(held / intervals, 0)}; "
        f"{percent(COVERAGE, 0)} are meant)."
    )


def _estimates_chart(weeks: list[WeekScore], now: EstimatedLoss | None, figures: Figures) -> Markup:
    names = [short_day(week.as_of) for week in weeks]
    estimates: list[EstimatedLoss | None] = [week.estimated for week in weeks]
    realized = [week.loss for week in weeks]
    if now is not None:
        names, estimates, realized = (
            [*names, short_day(figures.as_of)],
            [*estimates, now],
            [*realized, None],
        )
    title = f"{figures.task.words.loss_title}, estimated and actual"
    lines = [
        Series("actual", realized, tone="second"),
        Series(
            "estimated",
            [part.loss if part else None for part in estimates],
            [part.low if part else None for part in estimates],
            [part.high if part else None for part in estimates],
            dashed=True,
        ),
    ]
    return figure(
        line_chart(names, lines, title=title, show=loss, from_zero=False),
        f"Estimated from each week's predictions alone, with its {percent(COVERAGE, 0)} interval "
        "from how far earlier weeks were off.",
    )


def _estimates_table(weeks: list[WeekScore], task: Task) -> Markup:
    heads = ["Estimated", "Low", "High", task.words.loss_title]
    rows = [
        [
            str(week.as_of),
            loss(week.estimated.loss),
            loss(week.estimated.low),
            loss(week.estimated.high),
            loss(week.loss),
        ]
        for week in reversed(weeks)
        if week.estimated
    ]
    return details(
        "All estimates as a table",
        table(
            "Estimated before, and actual, the newest first",
            ["Week", *(Heading(head, "number") for head in heads)],
            rows,
        ),
    )


def retraining_section(gain: RetrainingGain, task: Task) -> list[Section]:
    """What retraining has earned so far; none before a week is over."""
    if not gain.weeks:
        return [Section("What retraining has earned", [paragraph(gain.why_not)])] * bool(
            gain.why_not
        )
    parts: list[Markup] = []
    if len(gain.weeks) > 1:
        series = Series("first champion's loss less that of the model in service", _gains(gain))
        chart = line_chart(
            [short_day(week.as_of) for week in gain.weeks],
            [series],
            title=f"What retraining earned each week, in {task.words.loss}",
            show=lambda value: fixed(value, 3),
            from_zero=False,
            reference=("no gain", 0.0),
        )
        parts = [figure(chart, "Over the line: the retrained model did better."), _weeks(gain)]
    if gain.why_not:
        parts.append(paragraph(gain.why_not, note=True))
    return [Section("What retraining has earned", parts, lead=_earned(gain, task))]


def _gains(gain: RetrainingGain) -> list[float | None]:
    return [week.gain for week in gain.weeks]


def _earned(gain: RetrainingGain, task: Task) -> str:
    last = gain.weeks[-1]
    if not gain.retrained_weeks or gain.gain is None:
        return f"Version {last.first_version}, the first champion, has served in every week so far."
    share = gain.gain / gain.first_loss if gain.first_loss else None
    interval = f"90% interval {fixed(gain.low, 4)} to {fixed(gain.high, 4)}"
    return (
        f"Over {counted(len(gain.weeks), 'week', 'weeks')}, up to that of {day(last.as_of)}: "
        f"{task.words.loss} {fixed(gain.served_loss, 4)} with retraining, "
        f"{fixed(gain.first_loss, 4)} had version {last.first_version} been kept for ever. "
        f"Earned: {fixed(gain.gain, 4)} ({percent(share)}; {interval}), in "
        f"{gain.better_weeks} of {len(gain.weeks)} weeks. {_verdict(gain)}"
    ).strip()


def _verdict(gain: RetrainingGain) -> str:
    if gain.pays is None:
        return "Too few weeks yet to say whether it pays."
    if gain.pays:
        return "It pays."
    if gain.harms:
        return "It has made predictions worse."
    return "That is not credibly more than nothing."


def _weeks(gain: RetrainingGain) -> Markup:
    heads = [Heading(head, "number") for head in ("Rows", "Served", "First champion", "Earned")]
    return details(
        "All weeks as a table",
        table(
            "The model in service and the first champion on the same rows, the newest first",
            ["Week", "Model", *heads],
            [
                [
                    str(week.as_of),
                    week.served_version,
                    whole(week.rows),
                    fixed(week.served_loss, 4),
                    fixed(week.first_loss, 4),
                    fixed(week.gain, 4),
                ]
                for week in reversed(gain.weeks)
            ],
        ),
    )
