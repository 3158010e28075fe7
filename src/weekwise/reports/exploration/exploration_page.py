"""The exploration report: what was measured, as a page that a person enjoys reading."""

from __future__ import annotations

from datetime import timedelta

from markupsafe import Markup

from weekwise.analysis.profile import Profile
from weekwise.contract.model import Contract
from weekwise.reports.charts import Bar, Series, bars, line_chart
from weekwise.reports.charts.parts import Format
from weekwise.reports.class_tables import share_lines, share_table
from weekwise.reports.exploration.comparison_sections import correlation_section, drift_section
from weekwise.reports.exploration.exploration import Exploration
from weekwise.reports.exploration.exploration_figures import (
    MOST_CARDS,
    ExplorationFigures,
    by_strength,
)
from weekwise.reports.exploration.panels import rate_panel
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
from weekwise.tasks.records import GroupMean
from weekwise.wording import NOTHING, fixed, percent, whole

TONES: dict[Status, Tone] = {Status.OK: "plain", Status.WARN: "warn", Status.ACT: "act"}
STRONGEST = 6
MOST_PANELS = 60


def render_exploration(
    exploration: Exploration, contract: Contract, figures: ExplorationFigures
) -> str:
    """Render the report.

    Args:
        exploration: What was measured.
        contract: What the table is; it gives values their labels.
        figures: The charts of what was measured.
    """
    return render_page(
        title=exploration.profile.table,
        kicker="Exploratory analysis",
        subtitle=_subtitle(exploration),
        headline=Headline(_headline(exploration)),
        summary=[_key_figures(exploration), *_findings(exploration)],
        sections=[
            _target_section(exploration, figures),
            _association_section(exploration, contract, figures),
            _distribution_section(exploration, figures),
            drift_section(exploration, figures.drift),
            correlation_section(exploration, figures.correlation),
            _selection_section(exploration),
            _method_section(exploration),
        ],
        footer=f"Weekwise, as of {exploration.profile.as_of}. Past rows are those "
        "whose outcome is due and known.",
    )


def _subtitle(exploration: Exploration) -> str:
    profile = exploration.profile
    history = f"history from {profile.first}" if profile.first else "no history"
    if profile.end is None:
        history = f"{whole(profile.history_rows)} rows whose outcome is known"
    drawn = f" ({profile.drawn.sentence()})" if profile.drawn else ""
    return f"As of {profile.as_of}: {history}{drawn}, upcoming rows{_up_to(profile)}"


def _up_to(profile: Profile) -> str:
    """The last upcoming day, if rows have days."""
    return "" if profile.end is None else f" to {profile.end - timedelta(days=1)}"


def _headline(exploration: Exploration) -> str:
    overall = exploration.target.overall
    if overall.mean is None:
        return "There is no past row to learn from."
    selected, features = len(exploration.selection.selected), len(exploration.profile.columns)
    return (
        f"{exploration.target.title}: {exploration.task.overall(overall)}. "
        f"{selected} of {features} features go on to training."
    )


def _key_figures(exploration: Exploration) -> Markup:
    task = exploration.task
    overall, recent = exploration.target.overall, exploration.target.by_week[-1:]
    unusual = sum(feature.unusual for feature in exploration.drift)
    weeks = len(exploration.target.by_week)
    titles = exploration.titles
    best = max(
        (feature for feature in exploration.associations if feature.strength is not None),
        key=lambda feature: feature.strength or 0.0,
        default=None,
    )
    return tiles(
        [
            Tile(
                "Past rows",
                whole(exploration.profile.history_rows),
                f"in {weeks} weeks" if weeks else "",
            ),
            Tile(
                "Upcoming rows",
                whole(exploration.profile.upcoming_rows),
                _up_to(exploration.profile).strip(),
            ),
            Tile(
                exploration.target.mean_title,
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
                f"of {len(exploration.drift)} features",
                tone="warn" if unusual else "plain",
            ),
        ]
    )


def _findings(exploration: Exploration) -> list[Markup]:
    return [
        callout(finding.reason, tone=TONES[finding.status], title=finding.topic)
        for finding in exploration.findings
    ]


def _target_section(exploration: Exploration, figures: ExplorationFigures) -> Section:
    target = exploration.target
    overall = target.overall
    parts = [figures.target_rate.block]
    if not target.by_week:
        return Section(target.title, parts)
    sides = [_time_bars("By weekday", target.by_weekday, overall, exploration.task.show)]
    if target.by_hour:
        classes = share_lines(target.by_hour, overall)
        level = ("all history", overall.mean) if overall.mean is not None else None
        hourly = line_chart(
            [rate.label for rate in target.by_hour],
            classes or [Series.of_means(target.title, target.by_hour)],
            title=f"{target.title} by hour of the day",
            reference=None if classes else level,
            show=exploration.task.show,
        )
        sides.insert(0, figure(hourly, "By hour of the day."))
    return Section(target.title, [*parts, grid(sides, wide=True)], lead=_target_lead(exploration))


def _time_bars(
    title: str, means: tuple[GroupMean, ...], overall: GroupMean, show: Format
) -> Markup:
    if overall.shares:
        return share_table(means, title=title, corner="Day")
    rows = [Bar(group.label, group.mean, group.low, group.high) for group in means]
    return bars(rows, title=title, reference=overall.mean, names=("Day", "Mean"), show=show)


def _target_lead(exploration: Exploration) -> str:
    weeks = [week for week in exploration.target.by_week if week.mean is not None]
    if not weeks:
        return ""
    show = exploration.task.show
    low = min(weeks, key=lambda week: week.mean or 0.0)
    high = max(weeks, key=lambda week: week.mean or 0.0)
    of = f" of {exploration.target.overall.mean_of}" if exploration.target.overall.mean_of else ""
    return (
        f"The lowest week{of} began on {low.label} ({show(low.mean)}), the highest on {high.label} "
        f"({show(high.mean)})."
    )


def _association_section(
    exploration: Exploration, contract: Contract, figures: ExplorationFigures
) -> Section:
    panels = [
        rate_panel(feature, exploration, contract)
        for feature in by_strength(exploration)
        if feature.by_value
    ]
    rest = panels[STRONGEST:MOST_PANELS]
    parts = [
        figures.associations.block,
        grid(panels[:STRONGEST], wide=True),
        details(f"The other {len(rest)} features", grid(rest, wide=True)) if rest else "",
    ]
    lead = exploration.task.words.association_method
    return Section("Association with the target", parts, lead=lead)


def _distribution_section(exploration: Exploration, figures: ExplorationFigures) -> Section:
    rest = len(exploration.profile.columns) - MOST_CARDS
    more = (
        [paragraph(f"{rest} more features are in exploration.json.", note=True)] if rest > 0 else []
    )
    gaps = any(column.missing or column.missing_upcoming for column in exploration.profile.columns)
    missing = [figures.missing.block] if gaps else []
    cards = figures.distributions.block
    lead = "Every feature in history and in the upcoming rows."
    return Section("Distributions", [cards, *more, *missing], lead=lead)


def _selection_section(exploration: Exploration) -> Section:
    chosen = exploration.selection
    rows = [[choice.feature, "left out", choice.reason] for choice in chosen.dropped]
    rows += [[choice.feature, "kept by name", choice.reason] for choice in chosen.kept]
    listed = (
        table("Decided otherwise than the contract", ["Feature", "Decision", "Reason"], rows)
        if rows
        else paragraph("Every feature of the contract goes on to training.")
    )
    trained = paragraph(join(["Trained on: ", ", ".join(chosen.selected), "."]))
    return Section("Features for training", [listed, trained])


def _method_section(exploration: Exploration) -> Section:
    params, rows, task = exploration.params, exploration.correlations.rows, exploration.task
    words, limit = task.words, params.leakage
    drawn = "all past rows"
    if rows < exploration.profile.history_rows:
        drawn = f"a sample of {whole(rows)} past rows (seed {params.seed})"
    pairs = (
        "Two numbers are compared by Spearman's correlation, a number and a category by the "
        f"correlation ratio of ranks, two categories by Cramer's V, over {drawn}."
    )
    drift = (
        f"PSI is moderate from {params.drift.moderate:g} and major from {params.drift.major:g}; "
        f"under {params.drift.min_rows} rows it is not judged. Drift is unusual where it is major "
        f"and the upcoming rows lie further from their season, the {params.season_weeks} weeks "
        "before and those around the same week of earlier years, than each of the last "
        f"{params.recent_weeks} weeks lay from its own."
    )
    left_out = (
        f"A feature is left out if over {percent(params.max_missing, 0)} of its values are "
        f"missing, if over {percent(params.max_same)} are the same, if it shows a trace of the "
        "target (the target in other words, one value in all rows of one outcome and in no others, "
        f"or a word of its name and {words.association} alone from "
        f"{task.leakage if limit is None else limit:g}), or if it and another say the same (from "
        f"{params.redundancy:g}). Names under keep and drop in the parameters go first."
    )
    measures = [words.interval_method, words.association_method, pairs, drift, left_out]
    return Section("How it was measured", [bullets(measures)])
