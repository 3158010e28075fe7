"""The weekly report as a page: what to know and do first, then the figures behind it."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from weekwise.analysis.upcoming import UpcomingPredictions
from weekwise.contract.column import Severity
from weekwise.quality.gate_result import GateResult
from weekwise.reports.charts import Bar, bars, bin_ends, histogram
from weekwise.reports.drift_chart import drift_figure
from weekwise.reports.finding import Finding, Status
from weekwise.reports.html.blocks import (
    Content,
    Heading,
    Tile,
    badge,
    bullets,
    callout,
    details,
    figure,
    grid,
    paragraph,
    table,
    tiles,
)
from weekwise.reports.html.markup import Tone
from weekwise.reports.html.page import Section, render_page
from weekwise.reports.weekly.estimate_sections import estimate_section, retraining_section
from weekwise.reports.weekly.performance_sections import (
    calibration_section,
    classes_section,
    gain,
    loss,
    past_section,
    slices_section,
)
from weekwise.reports.weekly.search_parts import search_parts
from weekwise.reports.weekly.weekly_report import (
    Figures,
    WeeklyReport,
)
from weekwise.tasks.base import Task
from weekwise.wording import NOTHING, day, percent, whole

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
        subtitle=f"Weekly report for {figures.upcoming_days} {figures.as_of.year}{_known(figures)}",
        summary=[_key_figures(figures), *_to_do(report.findings)],
        sections=[
            past_section(figures.performance, figures.task),
            *calibration_section(figures.performance, figures.task),
            *classes_section(figures.performance),
            *slices_section(figures.performance, figures.task),
            *retraining_section(figures.model.retraining, figures.task),
            _predictions_section(figures.predictions, figures.task),
            *estimate_section(figures),
            _drift_section(figures),
            _data_section(figures),
            _model_section(figures),
        ],
        footer=f"As of {figures.as_of}. Data {figures.data.data_hash[:12]}. "
        "The same figures are in weekly_report.json beside this page.",
    )


def _known(figures: Figures) -> str:
    """Up to when outcomes are known, if rows have a time."""
    end = figures.data.history_end
    return "" if end is None else f", knowing outcomes up to {day(end)}"


def _key_figures(figures: Figures) -> Markup:
    last, now, task = figures.performance.last, figures.predictions, figures.task
    judged = last is not None and last.judged
    return tiles(
        [
            Tile(
                "Predicted",
                whole(now.rows),
                f"of {whole(figures.data.upcoming_rows)} upcoming rows",
            ),
            Tile(
                task.words.mean_prediction,
                task.show(now.mean),
                f"{task.show(now.earlier_mean)} in the weeks before"
                if now.earlier_mean is not None
                else "",
            ),
            Tile(
                f"{task.words.loss_title} last week",
                loss(last.loss if last else None),
                f"{loss(last.expected_loss)} expected" if last else "no outcomes yet",
            ),
            Tile(
                "Skill last week",
                percent(last.skill if last else None),
                f"{percent(last.expected_skill)} expected" if last else "no outcomes yet",
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
            f"{_capital(finding.next_step)}.",
            tone=TONES[finding.status],
            title=_capital(finding.reason),
        )
        for finding in pressing
    ]
    if fine:
        parts.append(callout(f"{_capital('; '.join(fine))}.", tone="ok"))
    return parts


def _predictions_section(now: UpcomingPredictions, task: Task) -> Section:
    if not now.rows:
        return Section("This week's predictions", [paragraph("No rows were predicted.")])
    parts = now.histogram
    earlier = sum(part.reference for part in parts)
    samples = [("this week", [part.current / now.rows for part in parts])]
    if earlier:
        samples.append(("the weeks before", [part.reference / earlier for part in parts]))
    labels = [part.label for part in parts]
    chart = histogram(
        labels,
        samples,
        title=f"Rows by {task.words.predictions}",
        height=150,
        ends=bin_ends(labels),
    )
    caption = "Bars: this week. Line: the weeks before." if earlier else "The first week's."
    return Section(
        "This week's predictions",
        [figure(chart, caption), *_class_bars(now)],
        lead=f"{now.summary} {_moved(now)}",
    )


def _class_bars(now: UpcomingPredictions) -> list[Markup]:
    """The mean probability of each class, where a class is predicted."""
    if not now.classes:
        return []
    rows = [Bar(part.label, part.mean, second=part.earlier_mean) for part in now.classes]
    earlier = any(row.second is not None for row in rows)
    return [
        figure(
            bars(rows, title="Mean probability of each class", names=("Class", "This week")),
            "Blue: this week. Orange: the weeks before." if earlier else "",
        )
    ]


def _moved(now: UpcomingPredictions) -> str:
    if now.drift is None:
        return "There are no earlier weeks to compare them with."
    most = max(now.past_psi, default=None)
    usual = "" if most is None else f"; the largest of {len(now.past_psi)} past weeks {loss(most)}"
    return f"Against the weeks before: {now.drift.direction}, PSI {loss(now.drift.psi)}{usual}."


def _drift_section(figures: Figures) -> Section:
    drift, unusual = figures.features.drift, figures.features.unusual
    every = table(
        "PSI of the upcoming rows against their season, and against all of history",
        [
            "Feature",
            *(Heading(head, "number") for head in ("PSI", "Most of past weeks", "All of history")),
            "Drift",
            "Move",
        ],
        [
            [d.title, loss(d.psi), loss(d.usual), loss(d.upcoming.psi), d.level, d.direction]
            for d in drift
        ],
    )
    named = "; ".join(f"{feature.title} ({feature.direction})" for feature in unusual)
    return Section(
        "Drift of features",
        [
            drift_figure(drift).chart,
            details("All features as a table", every),
        ],
        lead=f"Further from their season than any past week was: {named}."
        if unusual
        else "No feature lies further from its season than past weeks did.",
    )


def _data_section(figures: Figures) -> Section:
    gate = table(
        "Data gate",
        ["Table", Heading("Rows", "number"), Heading("Quarantined", "number"), "Result"],
        [
            [result.table, whole(result.rows), whole(result.quarantined_rows), _gate_badge(result)]
            for result in figures.data.gate
        ],
    )
    failures = [words for result in figures.data.gate for words in _gate_words(result)]
    parts = [gate, bullets(failures)] if failures else [gate]
    sides = grid([_rows_table(figures), _unseen_table(figures)], wide=True)
    return Section("Data", [*parts, sides])


def _rows_table(figures: Figures) -> Markup:
    data = figures.data
    counts = [
        *((f"{name} in", count) for name, count in data.rows_in.items()),
        ("exact duplicates left out", data.duplicates_dropped),
        *((f"left out: {reason}", count) for reason, count in data.left_out.items()),
        ("history", data.history_rows),
        ("upcoming", data.upcoming_rows),
        ("predicted", figures.predictions.rows),
    ]
    heads = (Heading("Rows"), Heading("Count", "number"))
    return table("Rows in and out", heads, [[name, whole(count)] for name, count in counts])


def _unseen_table(figures: Figures) -> Markup:
    categories = figures.features.unseen.categories
    if not categories:
        return paragraph("Every category of the upcoming rows is known from history.", note=True)
    return table(
        "Categories of the upcoming rows that history does not know",
        ["Feature", "Category", Heading("Upcoming rows", "number")],
        [[part.column, part.value, whole(part.rows)] for part in categories[:SHOWN_UNSEEN]],
    )


def _gate_badge(result: GateResult) -> Markup:
    if result.warnings:
        return badge("warned", tone="warn")
    return badge("quarantined") if result.quarantined_rows else badge("passed", tone="ok")


def _gate_words(result: GateResult) -> list[str]:
    failures = [("quarantined", failure) for failure in result.of(Severity.QUARANTINE)]
    failures += [("warning", failure) for failure in result.warnings]
    return [
        f"{result.table}, {word}: {failure.fact}. {failure.next_step}" for word, failure in failures
    ]


def _model_section(figures: Figures) -> Section:
    expected = figures.model.expected
    sentence = (
        f"Expected of this week's predictions, from the holdout: {figures.task.words.loss} "
        f"{loss(expected.loss)}, {gain(expected.skill)}."
    )
    parts = [bullets(figures.model.verdict.reasons)]
    if expected.loss is not None:
        parts.append(paragraph(sentence))
    if figures.model.fitted:
        parts.append(paragraph(figures.model.fitted, note=True))
    parts += [paragraph(shadow.words(figures.task)) for shadow in figures.data.shadows]
    if figures.model.search is not None:
        parts += search_parts(figures.model.search, figures.task.words.loss)
    return Section("Model", parts, lead=figures.model.verdict.headline)


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
