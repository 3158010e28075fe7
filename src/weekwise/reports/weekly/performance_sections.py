"""The report's sections on the weeks whose outcomes are in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from weekwise.analysis.performance import WeekScore
from weekwise.reports.charts import (
    Bar,
    ReliabilityPoint,
    Series,
    bars,
    line_chart,
    reliability_diagram,
)
from weekwise.reports.html.blocks import Heading, badge, details, figure, paragraph, table
from weekwise.reports.html.markup import tag
from weekwise.reports.html.page import Section
from weekwise.reports.weekly.weekly_report import RealizedPerformance
from weekwise.wording import NOTHING, day, percent, whole


def past_section(past: RealizedPerformance) -> Section:
    """Every week's log loss and skill beside what the holdout expected."""
    weeks = past.weeks
    title = "Expected and realized"
    if not weeks:
        return Section(
            title, [paragraph("No outcomes to compare with yet: this is the first week.")]
        )
    # One point makes no line.
    charts = _week_by_week(weeks) if len(weeks) > 1 else [_single_week(weeks[0])]
    every = details("All weeks as a table", _weeks_table(weeks))
    return Section(title, [*charts, every], lead=_past_lead(weeks[-1]))


def _single_week(week: WeekScore) -> Markup:
    rows = [
        Bar("realized", week.log_loss, tone="second"),
        Bar("expected by the holdout", week.expected_log_loss),
        Bar("baseline", week.baseline_log_loss, tone="plain"),
    ]
    return figure(bars(rows, title="Log loss; lower is better", show=loss, names=("", "Log loss")))


def _week_by_week(weeks: Sequence[WeekScore]) -> list[Markup]:
    names = [_short(week.as_of) for week in weeks]
    losses = line_chart(
        names,
        [
            Series("realized", [week.log_loss for week in weeks], tone="second"),
            Series("expected by the holdout", [w.expected_log_loss for w in weeks], dashed=True),
            Series("baseline", [w.baseline_log_loss for w in weeks], tone="plain"),
        ],
        title="Log loss by week",
        show=loss,
        from_zero=False,
    )
    skill = line_chart(
        names,
        [
            Series(
                "realized",
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
            "Log loss of each week's predictions; lower is better. Hard weeks are hard for "
            "everyone: what counts is the distance to the baseline.",
        ),
        figure(
            skill,
            "Skill: the share of the baseline's log loss that the model saves, with its "
            "bootstrap interval over days. A week is worse when the whole interval is under what "
            "must be kept of the expected.",
        ),
    ]


def _past_lead(last: WeekScore) -> str:
    if not last.judged:
        return (
            f"{whole(last.rows_with_outcome)} of the {whole(last.rows)} predictions of "
            f"{day(last.as_of)} have an outcome: too few to judge them."
        )
    verdict = "did worse than expected" if last.worse else "held up"
    return (
        f"The predictions of {day(last.as_of)} {verdict}: their log loss was {gain(last.skill)}; "
        f"expected was {gain(last.expected_skill)}."
    )


def _weeks_table(weeks: Sequence[WeekScore]) -> Markup:
    heads = ["Rows", "With outcome", "Log loss", "Expected", "Baseline", "Skill", "AUC"]
    heads += ["Calibration error", "Mean probability", "Realized rate"]
    return table(
        "Weeks by the day they were predicted on, the newest first",
        ["Week", "Model", *(Heading(head, "number") for head in heads), "Judgment"],
        [
            [
                str(week.as_of),
                week.model_version,
                whole(week.rows),
                whole(week.rows_with_outcome),
                loss(week.log_loss),
                loss(week.expected_log_loss),
                loss(week.baseline_log_loss),
                percent(week.skill),
                loss(week.auc),
                loss(week.calibration_error),
                percent(week.mean_probability),
                percent(week.realized_rate),
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
    return badge("worse", tone="warn") if week.worse else badge("held up", tone="ok")


def calibration_section(past: RealizedPerformance) -> list[Section]:
    """Whether the last week's probabilities came true as often as they said; none without."""
    bins, last = past.calibration, past.last
    if not bins or last is None:
        return []
    points = [
        ReliabilityPoint(group.mean_probability, group.realized_rate, group.rows) for group in bins
    ]
    chart = reliability_diagram(
        [("last week", "second", points)],
        title="Predicted and realized rate of rows of like probability",
    )
    return [
        Section(
            "Calibration last week",
            [figure(chart, "Rows in ten groups by probability, from the lowest to the highest.")],
            lead=f"On the whole {percent(last.mean_probability)} were predicted and "
            f"{percent(last.realized_rate)} came true.",
        )
    ]


def slices_section(past: RealizedPerformance) -> list[Section]:
    """Where the last week's predictions gained least over the baseline; none without any."""
    slices = past.slices
    if not slices:
        return []
    heads = ["Rows", "Log loss", "Baseline", "Predicted", "Came true"]
    shown = table(
        "Slices with the least gain over the baseline, the worst first",
        ["Slice", *(Heading(head, "number") for head in heads)],
        [
            [
                f"{one.column} {one.value}",
                whole(one.rows),
                tag("span", loss(one.log_loss), class_="warn" if one.excess > 0 else None),
                loss(one.baseline_log_loss),
                percent(one.mean_probability),
                percent(one.realized_rate),
            ]
            for one in slices
        ],
    )
    bad = sum(one.excess > 0 for one in slices)
    lead = f"On {bad} of them the baseline would have done better." if bad else ""
    return [Section("Worst slices last week", [shown], lead=lead)]


def loss(value: float | None) -> str:
    """A log loss, or anything of its size, as people read it."""
    return NOTHING if value is None else f"{value:.3f}"


def _short(value: date) -> str:
    return f"{value.day} {value:%b}"


def gain(skill: float | None) -> str:
    """A skill in words."""
    if skill is None:
        return "unknown"
    words = "under" if skill >= 0 else "over"
    return f"{percent(abs(skill))} {words} the baseline's"
