"""The weekly report as a page: what to know and do first, then the figures behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from weekwise.pipelines.model_monitoring.figures import (
    Figures,
    Finding,
    GateResult,
    Predictions,
    Status,
    WeeklyReport,
)
from weekwise.pipelines.model_monitoring.look_back import WeekScore
from weekwise.reporting.blocks import (
    Content,
    Heading,
    Tile,
    badge,
    bullets,
    callout,
    details,
    figure,
    paragraph,
    table,
    tiles,
)
from weekwise.reporting.charts import Bar, Series, bars, histogram, line_chart
from weekwise.reporting.markup import NOTHING, Tone, number, percent, tag, whole
from weekwise.reporting.page import Section, render_page

TONES: dict[Status, Tone] = {Status.OK: "ok", Status.WARN: "warn", Status.ACT: "act"}
SHOWN_UNSEEN = 20


def render_report(report: WeeklyReport) -> str:
    """The weekly report as one self-contained HTML page, its headline first.

    Args:
        report: The week.
    """
    figures = report.figures
    return render_page(
        title=report.headline,
        subtitle=f"Weekly report for {_days(figures.as_of, figures.last_day)}, "
        f"knowing outcomes up to {_day(figures.yesterday)}",
        summary=[_key_figures(figures), *_to_do(report.findings)],
        sections=[
            _past_section(figures),
            _calibration_section(figures),
            _slices_section(figures),
            _predictions_section(figures.predictions),
            _drift_section(figures),
            _data_section(figures),
            _model_section(figures),
        ],
        footer=f"As of {figures.as_of}. Data {figures.data.data_hash[:12]}. "
        "The same figures are in weekly_report.json beside this page.",
    )


def _key_figures(figures: Figures) -> Markup:
    last, now = figures.look_back.last, figures.predictions
    judged = last is not None and last.judged
    return tiles(
        [
            Tile(
                "Predicted",
                whole(now.rows),
                f"of {whole(figures.data.upcoming_rows)} upcoming rows",
            ),
            Tile(
                "Mean probability",
                percent(now.mean_probability),
                f"{percent(now.earlier_mean_probability)} in the weeks before",
            ),
            Tile(
                "Log loss last week",
                _loss(last.log_loss if last else None),
                f"{_loss(last.promised_log_loss)} promised" if last else "no outcomes yet",
            ),
            Tile(
                "Skill last week",
                percent(last.skill if last else None),
                f"{percent(last.promised_skill)} promised" if last else "no outcomes yet",
                tone="plain" if not judged else "warn" if last and last.worse else "ok",
            ),
            Tile("Model in service", now.model_version or NOTHING, figures.model.verdict.decision),
        ]
    )


def _to_do(findings: Sequence[Finding]) -> list[Content]:
    """What wants attention, each with what to do about it; what is fine is one line."""
    pressing = [finding for finding in findings if finding.status is not Status.OK]
    fine = [finding.reason for finding in findings if finding.status is Status.OK]
    parts: list[Content] = [
        callout(
            f"{_sentence(finding.next_step)}",
            tone=TONES[finding.status],
            title=f"{finding.status}: {finding.reason}",
        )
        for finding in pressing
    ]
    if fine:
        parts.append(callout("; ".join(fine), tone="ok", title="OK"))
    return parts


def _past_section(figures: Figures) -> Section:
    weeks = figures.look_back.weeks
    title = "Promised and realized"
    if not weeks:
        return Section(title, [paragraph("Nothing to look back on yet: this is the first week.")])
    chart = line_chart(
        [_day(week.as_of) for week in weeks],
        [
            Series("realized", [week.log_loss for week in weeks], tone="second"),
            Series("promised by the holdout", [w.promised_log_loss for w in weeks], dashed=True),
            Series("constant rate", [w.baseline_log_loss for w in weeks], tone="plain"),
        ],
        title="Log loss by week",
        show=_loss,
        from_zero=False,
    )
    skill = line_chart(
        [_day(week.as_of) for week in weeks],
        [
            Series(
                "realized",
                [week.skill for week in weeks],
                [week.skill_low for week in weeks],
                [week.skill_high for week in weeks],
                tone="second",
            ),
            Series("promised", [week.promised_skill for week in weeks], dashed=True),
        ],
        title="Skill by week",
        from_zero=False,
        reference=("no better than a constant rate", 0.0),
    )
    return Section(
        title,
        [
            figure(
                chart,
                "Log loss of each week's predictions; lower is better. Hard weeks are "
                "hard for everyone: what counts is the distance to the constant rate.",
            ),
            figure(
                skill,
                "Skill: the share of the constant rate's log loss that the model saves, "
                "with its bootstrap interval over days. A week is worse when the whole interval "
                "is under what must be kept of the promise.",
            ),
            details("All weeks as a table", _weeks_table(weeks)),
        ],
        lead=_past_lead(weeks[-1]),
    )


def _past_lead(last: WeekScore) -> str:
    if not last.judged:
        return (
            f"{whole(last.rows_with_outcome)} of the {whole(last.rows)} predictions of "
            f"{_day(last.as_of)} have an outcome: too few to judge them."
        )
    verdict = "worse than promised" if last.worse else "within what was promised"
    return (
        f"The predictions of {_day(last.as_of)} were {verdict}: they saved {percent(last.skill)} "
        f"of a constant rate's log loss; the holdout had promised {percent(last.promised_skill)}."
    )


def _weeks_table(weeks: Sequence[WeekScore]) -> Markup:
    heads = ["Rows", "With outcome", "Log loss", "Promised", "Constant rate", "Skill", "AUC"]
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
                _loss(week.log_loss),
                _loss(week.promised_log_loss),
                _loss(week.baseline_log_loss),
                percent(week.skill),
                _loss(week.auc),
                _loss(week.calibration_error),
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
        return badge("worse than a constant rate", tone="act")
    return badge("worse", tone="warn") if week.worse else badge("as promised", tone="ok")


def _calibration_section(figures: Figures) -> Section:
    bins, last = figures.look_back.calibration, figures.look_back.last
    if not bins or last is None:
        return Section("Calibration last week", [paragraph("No outcomes yet.")])
    chart = line_chart(
        [percent(one.mean_probability, 0) for one in bins],
        [
            Series("predicted", [one.mean_probability for one in bins], dashed=True),
            Series("came true", [one.realized_rate for one in bins], tone="second"),
        ],
        title="Predicted and realized rate of rows of like probability",
    )
    return Section(
        "Calibration last week",
        [figure(chart, "Rows in ten groups by probability, from the lowest to the highest.")],
        lead=f"On the whole {percent(last.mean_probability)} were predicted and "
        f"{percent(last.realized_rate)} came true.",
    )


def _slices_section(figures: Figures) -> Section:
    slices = figures.look_back.slices
    heads = ["Rows", "Log loss", "Constant rate", "Predicted", "Came true"]
    shown = table(
        "Slices with the least gain over a constant rate, the worst first",
        ["Slice", *(Heading(head, "number") for head in heads)],
        [
            [
                f"{one.column} {one.value}",
                whole(one.rows),
                tag("span", _loss(one.log_loss), class_="warn" if one.excess > 0 else None),
                _loss(one.baseline_log_loss),
                percent(one.mean_probability),
                percent(one.realized_rate),
            ]
            for one in slices
        ],
    )
    bad = sum(one.excess > 0 for one in slices)
    lead = f"On {bad} of them a constant rate would have done better." if bad else ""
    parts = [shown] if slices else [paragraph("No slice has enough outcomes yet.")]
    return Section("Worst slices last week", parts, lead=lead)


def _predictions_section(now: Predictions) -> Section:
    if not now.rows:
        return Section("This week's predictions", [paragraph("No rows were predicted.")])
    earlier = sum(one.reference for one in now.histogram)
    samples = [("this week", [one.current / now.rows for one in now.histogram])]
    if earlier:
        samples.append(("the weeks before", [one.reference / earlier for one in now.histogram]))
    chart = histogram(
        [one.label for one in now.histogram],
        samples,
        title="Predictions by probability",
        height=150,
        ends=("0%", "100%"),
    )
    told = "Bars: this week. Line: the weeks before." if earlier else "The first week's."
    return Section(
        "This week's predictions",
        [figure(chart, told)],
        lead=f"{whole(now.decisions)} of {whole(now.rows)} rows "
        f"({percent(now.decisions / now.rows)}) are at or over the threshold of "
        f"{number(now.threshold)}. {_moved(now)}",
    )


def _moved(now: Predictions) -> str:
    if now.drift is None:
        return "There are no earlier weeks to compare them with."
    return f"Against the weeks before: {now.drift.direction}, PSI {_loss(now.drift.psi)}."


def _drift_section(figures: Figures) -> Section:
    rows = [
        Bar(
            feature.column,
            feature.psi,
            second=feature.usual,
            note=feature.direction if feature.drifted else "",
            tone="warn" if feature.unusual else "accent",
        )
        for feature in figures.features.drift
    ]
    unusual = [feature.column for feature in figures.features.unusual]
    return Section(
        "Drift of features",
        [
            bars(
                rows,
                title="PSI of the upcoming rows against history; below it, the largest of "
                "the past weeks",
                show=_loss,
                names=("Feature", "PSI"),
            )
        ],
        lead=f"Further from history than in any recent week: {', '.join(unusual)}."
        if unusual
        else "No feature lies far from history and further than in any recent week.",
    )


def _data_section(figures: Figures) -> Section:
    data, unseen = figures.data, figures.features.unseen
    counts = [
        *((f"{name} in", count) for name, count in data.rows_in.items()),
        ("exact duplicates left out", data.duplicates_dropped),
        ("canceled, without an outcome", data.canceled),
        ("diverted, without an outcome", data.diverted),
        ("history", data.history_rows),
        ("upcoming", data.upcoming_rows),
        ("predicted", figures.predictions.rows),
    ]
    parts: list[Content] = [
        table(
            "Data gate",
            ["Table", Heading("Rows", "number"), Heading("Quarantined", "number"), "Result"],
            [
                [
                    result.table,
                    whole(result.rows),
                    whole(result.quarantined),
                    _gate_words(result),
                ]
                for result in data.gate
            ],
        ),
        table(
            "Rows in and out",
            ["Rows", Heading("Count", "number")],
            [[name, whole(count)] for name, count in counts],
        ),
    ]
    if unseen.categories:
        parts.append(
            table(
                "Categories of the upcoming rows that history does not know",
                ["Feature", "Category", Heading("Upcoming rows", "number")],
                [
                    [one.column, one.value, whole(one.rows)]
                    for one in unseen.categories[:SHOWN_UNSEEN]
                ],
            )
        )
    else:
        parts.append(paragraph("Every category of the upcoming rows is known from history."))
    return Section("Data", parts)


def _gate_words(result: GateResult) -> Markup:
    if not result.failures:
        return badge("passed", tone="ok")
    return bullets(f"{one.severity}: {one.fact}. {one.next_step}" for one in result.failures)


def _model_section(figures: Figures) -> Section:
    promise = figures.model.promise
    promised = (
        f"The holdout promises of this week's predictions a log loss of {_loss(promise.log_loss)}, "
        f"{percent(promise.skill)} less than a constant rate."
    )
    parts = [bullets(figures.model.verdict.reasons)]
    if promise.log_loss is not None:
        parts.append(paragraph(promised))
    return Section("Model", parts, lead=figures.model.verdict.headline)


def _loss(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3f}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _days(first: date, last: date) -> str:
    return f"{first.day} {first:%B} to {last.day} {last:%B} {last.year}"
