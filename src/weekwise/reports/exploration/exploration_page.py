"""The exploration report: what was found, as a page that a person enjoys reading."""

from __future__ import annotations

from datetime import date, timedelta

from markupsafe import Markup

from weekwise.contract.model import Contract
from weekwise.reports.charts import Bar, Series, bars, line_chart
from weekwise.reports.charts.parts import Format
from weekwise.reports.exploration.exploration import Exploration
from weekwise.reports.exploration.panels import (
    correlation_section,
    distribution_card,
    drift_section,
    rate_panel,
)
from weekwise.reports.finding import Status
from weekwise.reports.html.blocks import (
    Tile,
    bullets,
    callout,
    details,
    figure,
    grid,
    paragraph,
    table,
    tiles,
)
from weekwise.reports.html.markup import Tone, join
from weekwise.reports.html.page import Headline, Section, render_page
from weekwise.tasks import TASKS
from weekwise.tasks.base import GroupMean, Task
from weekwise.wording import NOTHING, fixed, percent, whole

TONES: dict[Status, Tone] = {Status.OK: "plain", Status.WARN: "warn", Status.ACT: "act"}
STRONGEST = 6
MOST_CARDS = 60


def render_exploration(found: Exploration, contract: Contract) -> str:
    """Render the report.

    Args:
        found: What was found.
        contract: What the table is; it gives values their labels.
    """
    return render_page(
        title=found.profile.table,
        kicker="Exploratory analysis",
        subtitle=_subtitle(found),
        headline=Headline(_headline(found)),
        summary=[_key_figures(found), *_findings(found)],
        sections=[
            _target_section(found),
            _association_section(found, contract),
            _distribution_section(found, contract),
            drift_section(found),
            correlation_section(found),
            _selection_section(found),
            _method_section(found),
        ],
        footer=f"Weekwise, as of {found.profile.as_of}. Past rows are those dated before it whose "
        "outcome is known.",
    )


def _subtitle(found: Exploration) -> str:
    history = f"history from {found.profile.first}" if found.profile.first else "no history"
    return f"As of {found.profile.as_of}: {history}, upcoming rows to {_last_day(found)}"


def _last_day(found: Exploration) -> date:
    return found.profile.end - timedelta(days=1)


def _headline(found: Exploration) -> str:
    overall = found.target.overall
    if overall.mean is None:
        return "There is no past row to learn from."
    selected, features = len(found.selection.selected), len(found.profile.columns)
    return (
        f"{found.target.title}: {_task(found).overall(overall.mean, overall.rows)}. "
        f"{selected} of {features} features go on to training."
    )


def _task(found: Exploration) -> Task:
    return TASKS[found.target.task]


def _key_figures(found: Exploration) -> Markup:
    task, overall, recent = _task(found), found.target.overall, found.target.by_week[-1:]
    unusual = sum(feature.unusual for feature in found.drift)
    weeks = len(found.target.by_week)
    titles = {column.name: column.title for column in found.profile.columns}
    best = max(
        (association for association in found.associations if association.strength is not None),
        key=lambda association: association.strength or 0.0,
        default=None,
    )
    return tiles(
        [
            Tile("Past rows", whole(found.profile.history_rows), f"in {weeks} weeks"),
            Tile("Upcoming rows", whole(found.profile.upcoming_rows), f"to {_last_day(found)}"),
            Tile(
                found.target.title,
                task.show(overall.mean),
                f"{task.show(recent[0].mean)} last week" if recent else "",
            ),
            Tile(
                "Strongest feature",
                fixed(best.strength, 3) if best else NOTHING,
                f"{task.words.association} of {titles[best.name]} alone" if best else "",
            ),
            Tile(
                "Unusual drift",
                whole(unusual),
                f"of {len(found.drift)} features",
                tone="warn" if unusual else "plain",
            ),
        ]
    )


def _findings(found: Exploration) -> list[Markup]:
    return [
        callout(finding.reason, tone=TONES[finding.status], title=finding.topic)
        for finding in found.findings
    ]


def _target_section(found: Exploration) -> Section:
    target, show = found.target, _task(found).show
    overall = target.overall
    weekly = line_chart(
        [rate.label for rate in target.by_week],
        [_series(target.title, target.by_week)],
        title=f"{target.title} by week, named by its first day",
        reference=("all history", overall.mean) if overall.mean is not None else None,
        height=230,
        show=show,
    )
    parts = [figure(weekly, "By week, named by its first day. The band is the 95% interval.")]
    sides = [_time_bars("By weekday", target.by_weekday, overall, show)]
    if target.by_hour:
        hourly = line_chart(
            [rate.label for rate in target.by_hour],
            [_series(target.title, target.by_hour)],
            title=f"{target.title} by hour of the day",
            reference=("all history", overall.mean) if overall.mean is not None else None,
            show=show,
        )
        sides.insert(0, figure(hourly, "By hour of the day."))
    return Section(target.title, [*parts, grid(sides, wide=True)], lead=_target_lead(found))


def _series(name: str, rates: tuple[GroupMean, ...]) -> Series:
    return Series(
        name,
        [rate.mean for rate in rates],
        [rate.low for rate in rates],
        [rate.high for rate in rates],
    )


def _time_bars(
    title: str, rates: tuple[GroupMean, ...], overall: GroupMean, show: Format
) -> Markup:
    rows = [Bar(rate.label, rate.mean, rate.low, rate.high) for rate in rates]
    return bars(rows, title=title, reference=overall.mean, names=("Day", "Mean"), show=show)


def _target_lead(found: Exploration) -> str:
    weeks = [rate for rate in found.target.by_week if rate.mean is not None]
    if not weeks:
        return ""
    task = _task(found)
    low = min(weeks, key=lambda rate: rate.mean or 0.0)
    high = max(weeks, key=lambda rate: rate.mean or 0.0)
    return (
        f"The lowest week began on {low.label} ({task.show(low.mean)}), the highest on "
        f"{high.label} ({task.show(high.mean)})."
    )


def _association_section(found: Exploration, contract: Contract) -> Section:
    task = _task(found)
    measure, least = task.words.association, task.no_association
    ranked = sorted(
        found.associations,
        key=lambda association: (-(association.strength or 0.0), association.name),
    )
    titles = {column.name: column.title for column in found.profile.columns}
    rows = [
        Bar(titles[association.name], max(0.0, association.strength - least))
        for association in ranked
        if association.strength is not None
    ]
    strength = bars(
        rows,
        title=f"{measure} of each feature alone; the bar starts at {least:g}",
        show=lambda above: fixed(least + (above or 0.0), 3),
        names=("Feature", measure),
    )
    panels = [
        rate_panel(association, found, contract) for association in ranked if association.by_value
    ]
    rest = panels[STRONGEST:MOST_CARDS]
    parts = [
        strength,
        grid(panels[:STRONGEST], wide=True),
        details(f"The other {len(rest)} features", grid(rest, wide=True)) if rest else "",
    ]
    return Section("Association with the target", parts, lead=task.words.association_method)


def _distribution_section(found: Exploration, contract: Contract) -> Section:
    cards = [
        distribution_card(column, drift, contract)
        for column, drift in zip(found.profile.columns, found.drift, strict=True)
    ]
    rest = len(cards) - MOST_CARDS
    more = (
        [paragraph(f"{rest} more features are in exploration.json.", note=True)] if rest > 0 else []
    )
    lead = "Every feature: blue is history, the orange line the upcoming rows."
    return Section("Distributions", [grid(cards[:MOST_CARDS]), *more], lead=lead)


def _selection_section(found: Exploration) -> Section:
    chosen = found.selection
    rows = [[one.feature, "left out", one.reason] for one in chosen.dropped]
    rows += [[one.feature, "kept by name", one.reason] for one in chosen.kept]
    listed = (
        table("Decided otherwise than the contract", ["Feature", "Decision", "Reason"], rows)
        if rows
        else paragraph("Every feature of the contract goes on to training.")
    )
    trained = paragraph(join(["Trained on: ", ", ".join(chosen.selected), "."]))
    return Section("Features for training", [listed, trained])


def _method_section(found: Exploration) -> Section:
    params, rows, task = found.params, found.correlations.rows, _task(found)
    words, limit = task.words, found.params.leakage
    drawn = "all past rows"
    if rows < found.profile.history_rows:
        drawn = f"a sample of {whole(rows)} past rows (seed {params.seed})"
    pairs = (
        "Two numbers are compared by Spearman's correlation, a number and a category by the "
        f"correlation ratio of ranks, two categories by Cramer's V, over {drawn}."
    )
    drift = (
        f"PSI is moderate from {params.drift.moderate:g} and major from {params.drift.major:g}; "
        f"under {params.drift.min_rows} rows it is not judged. Drift is unusual where it is major "
        "and the upcoming rows lie further from history than each of the last "
        f"{params.recent_weeks} weeks did."
    )
    left_out = (
        f"A feature is left out if over {percent(params.max_missing, 0)} of its values are "
        f"missing, if over {percent(params.max_same)} are the same, if its "
        f"{words.association} alone reaches {task.leakage if limit is None else limit:g}, or if it "
        f"and another say the same (from {params.redundancy:g}). Names under keep and drop in the "
        "parameters go first."
    )
    measures = [words.interval_method, words.association_method, pairs, drift, left_out]
    return Section("How it was measured", [bullets(measures)])
