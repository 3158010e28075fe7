"""The report's sections on the weeks whose outcomes are in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from weekwise.analysis.performance import WeekScore
from weekwise.reports.charts import (
    Bar,
    Series,
    bars,
    line_chart,
    reliability_diagram,
)
from weekwise.reports.class_tables import class_table, confusion_table
from weekwise.reports.html.blocks import Heading, badge, details, figure, paragraph, table
from weekwise.reports.html.markup import tag
from weekwise.reports.html.page import Section
from weekwise.reports.weekly.weekly_report import RealizedPerformance
from weekwise.tasks.base import Task
from weekwise.wording import NOTHING, day, number, percent, whole


def past_section(past: RealizedPerformance, task: Task) -> Section:
    """Every week's loss and skill beside what the holdout expected."""
    weeks = past.weeks
    title = "Expected and actual"
    if not weeks:
        return Section(
            title, [paragraph("No outcomes to compare with yet: this is the first week.")]
        )
    # One point makes no line.
    charts = _week_by_week(weeks, task) if len(weeks) > 1 else [_single_week(weeks[0], task)]
    every = details("All weeks as a table", _weeks_table(weeks, task))
    return Section(title, [*charts, every], lead=_past_lead(weeks[-1], task))


def _single_week(week: WeekScore, task: Task) -> Markup:
    rows = [
        Bar("actual", week.loss, tone="second"),
        Bar("expected by the holdout", week.expected_loss),
        Bar("baseline", week.baseline_loss, tone="plain"),
        Bar("trailing baseline", week.trailing_loss, tone="plain"),
    ]
    return figure(
        bars(
            rows,
            title=f"{task.words.loss_title}; lower is better",
            show=loss,
            names=("", task.words.loss_title),
        )
    )


def _week_by_week(weeks: Sequence[WeekScore], task: Task) -> list[Markup]:
    names = [short_day(week.as_of) for week in weeks]
    losses = line_chart(
        names,
        [
            Series("actual", [week.loss for week in weeks], tone="second"),
            Series("expected by the holdout", [week.expected_loss for week in weeks], dashed=True),
            Series("baseline", [week.baseline_loss for week in weeks], tone="plain"),
            Series(
                "trailing baseline",
                [week.trailing_loss for week in weeks],
                tone="plain",
                dashed=True,
            ),
        ],
        title=f"{task.words.loss_title} by week",
        show=loss,
        from_zero=False,
    )
    skill = line_chart(
        names,
        [
            Series(
                "actual",
                [week.skill for week in weeks],
                [week.skill_low for week in weeks],
                [week.skill_high for week in weeks],
                tone="second",
            ),
            Series("expected", [week.expected_skill for week in weeks], dashed=True),
        ],
        title="Skill by week",
        from_zero=False,
        reference=("baseline", 0.0),
    )
    return [
        figure(
            losses,
            f"{task.words.loss_title} of each week's predictions; lower is better. Hard weeks are "
            "hard for everyone: what counts is the distance to the baselines, from all of history "
            "and from the days right before the week.",
        ),
        figure(
            skill,
            "Skill: the share of the baseline's loss that the model saves, with its "
            "bootstrap interval over days. A week is worse when the whole interval is under what "
            "must be kept of the expected.",
        ),
    ]


def _past_lead(last: WeekScore, task: Task) -> str:
    if not last.judged:
        return (
            f"{whole(last.rows_with_outcome)} of the {whole(last.rows)} predictions of "
            f"{day(last.as_of)} have an outcome: too few to judge them."
        )
    verdict = "held up"
    if last.worse:
        verdict = "did worse than they had to"
    elif last.lost_to_trailing:
        verdict = "did no better than the days before them"
    trailing = ""
    if last.trailing_loss is not None:
        trailing = f" The trailing baseline's was {loss(last.trailing_loss)}."
    return (
        f"The predictions of {day(last.as_of)} {verdict}: their {task.words.loss}, "
        f"{loss(last.loss)}, was {gain(last.skill)}; expected was {gain(last.expected_skill)}."
        f"{trailing}"
    )


def _weeks_table(weeks: Sequence[WeekScore], task: Task) -> Markup:
    # The loss stands beside the expected one; its own column would say it twice.
    further = [metric for metric in task.metrics if metric.decisive]
    heads = ["Rows", "With outcome", task.words.loss_title, "Expected", "Baseline"]
    heads += ["Trailing baseline", "Skill"]
    heads += [metric.title for metric in further]
    heads += [task.words.mean_prediction, task.words.mean_outcome]
    return table(
        "Weeks by the day they were predicted on, the newest first",
        ["Week", "Model", *(Heading(head, "number") for head in heads), "Judgment"],
        [
            [
                str(week.as_of),
                week.model_version,
                whole(week.rows),
                whole(week.rows_with_outcome),
                loss(week.loss),
                loss(week.expected_loss),
                loss(week.baseline_loss),
                loss(week.trailing_loss),
                percent(week.skill),
                *(loss(week.metrics.get(metric.name)) for metric in further),
                task.show(week.mean_prediction),
                task.show(week.mean_outcome),
                _judgment(week),
            ]
            for week in reversed(weeks)
        ],
    )


def _judgment(week: WeekScore) -> Markup:
    if not week.judged:
        return badge("too few outcomes")
    if week.useless:
        return badge("worse than the baseline", tone="act")
    if week.worse:
        return badge("worse", tone="warn")
    if week.lost_to_trailing:
        return badge("lost to the trailing baseline", tone="warn")
    return badge("held up", tone="ok")


def calibration_section(past: RealizedPerformance, task: Task) -> list[Section]:
    """Whether what happened was what the last week's predictions said; none without outcomes."""
    bins, last = past.calibration, past.last
    if not bins or last is None:
        return []
    words = task.words
    chart = reliability_diagram(
        [("last week", "second", bins)],
        title="What was predicted, and what happened",
        axes=(words.predictions, words.mean_outcome),
        show=task.edge,
    )
    return [
        Section(
            "Calibration last week",
            [
                figure(chart, "Rows in ten groups by prediction, from the lowest to the highest."),
                *_shifts_table(last, task),
            ],
            lead=f"{words.mean_prediction}: {task.show(last.mean_prediction)}. "
            f"{words.mean_outcome}: {task.show(last.mean_outcome)}.",
        )
    ]


def _shifts_table(last: WeekScore, task: Task) -> list[Markup]:
    """By how much the level was missed; none where the week is not judged."""
    if not last.shifts:
        return []
    heads = ["Predicted", "Actual", "Shift", "Low", "High"]
    return [
        table(
            "The shift that would have met the level, with its interval over days",
            [*(["Class"] if last.shifts[0].label else []), *(Heading(h, "number") for h in heads)],
            [
                [
                    *([shift.label] if shift.label else []),
                    task.show(shift.predicted),
                    task.show(shift.realized),
                    tag("span", number(shift.shift), class_="warn" if shift.credible else None),
                    number(shift.low),
                    number(shift.high),
                ]
                for shift in last.shifts
            ],
        )
    ]


def classes_section(past: RealizedPerformance) -> list[Section]:
    """How each class was predicted last week; none where no class is predicted."""
    classes, last = past.classes, past.last
    if not classes or last is None:
        return []
    parts = [
        class_table(classes, "What was predicted of each class, and what happened"),
        confusion_table(classes, "What happened, down, and the predicted class, across, in rows"),
    ]
    never = [score.label for score in classes if score.rows and not score.recall]
    lead = f"Not once predicted where they happened: {', '.join(never)}." if never else ""
    return [Section("Classes last week", parts, lead=lead)]


def slices_section(past: RealizedPerformance, task: Task) -> list[Section]:
    """Where the last week's predictions gained least over the baseline; none without any."""
    slices = past.slices
    if not slices:
        return []
    heads = ["Rows", task.words.loss_title, "Baseline", "Predicted", "Actual"]
    shown = table(
        "Slices with the least gain over the baseline, the worst first",
        ["Slice", *(Heading(head, "number") for head in heads)],
        [
            [
                f"{part.column} {part.value}",
                whole(part.rows),
                tag("span", loss(part.loss), class_="warn" if part.excess > 0 else None),
                loss(part.baseline_loss),
                task.show(part.mean_prediction),
                task.show(part.mean_outcome),
            ]
            for part in slices
        ],
    )
    bad = sum(part.excess > 0 for part in slices)
    lead = f"On {bad} of them the baseline would have done better." if bad else ""
    return [Section("Worst slices last week", [shown], lead=lead)]


def loss(value: float | None) -> str:
    """A loss, or anything of its size, as people read it."""
    return NOTHING if value is None else f"{value:.3f}"


def short_day(value: date) -> str:
    """A date as an axis has room for."""
    return f"{value.day} {value:%b}"


def gain(skill: float | None) -> str:
    """A skill in words."""
    if skill is None:
        return "unknown"
    words = "under" if skill >= 0 else "over"
    return f"{percent(abs(skill))} {words} the baseline's"
