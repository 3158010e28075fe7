"""The sentences of the report: what is worth a person's time, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weekwise.analysis.drift import DriftLevel
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.results import (
    Association,
    ColumnSummary,
    FeatureDrift,
    Finding,
    Profile,
    Selection,
    TargetSummary,
)
from weekwise.wording import percent, whole

GRAVITY = ("act", "warn", "ok", "plain")
MORE_MISSING = 0.1
NAMED = 5


def find(
    profile: Profile,
    target: TargetSummary,
    associations: Sequence[Association],
    drift: Sequence[FeatureDrift],
    selection: Selection,
    params: ExplorationParams,
) -> tuple[Finding, ...]:
    """What stands out, the gravest first; never empty."""
    found = [
        *_about_rows(profile, target),
        *_about_leakage(associations, selection, params),
        *_about_gaps(profile.columns, drift),
        *_about_unseen(profile.columns),
        *_about_drift(drift),
        *_about_selection(selection),
    ]
    if all(finding.tone == "plain" for finding in found):
        text = "Nothing in the data calls for attention: no leak, no new gap, no unusual drift."
        found.append(Finding(tone="ok", title="As expected", text=text))
    return tuple(sorted(found, key=lambda finding: GRAVITY.index(finding.tone)))


def _about_rows(profile: Profile, target: TargetSummary) -> Iterator[Finding]:
    if not profile.history_rows:
        yield Finding(
            tone="act",
            title="No history",
            text=f"No row dated before {profile.as_of} has an outcome. There is nothing to learn "
            "from; choose a later as-of date, or look at the feed.",
        )
    elif target.overall.rate in {0.0, 1.0}:
        yield Finding(
            tone="act",
            title="One outcome only",
            text=f"All {whole(profile.history_rows)} past rows have the same {target.title}. No "
            "model can learn from one class; choose a later as-of date, or look at the target.",
        )
    if not profile.upcoming_rows:
        yield Finding(
            tone="warn",
            title="Nothing upcoming",
            text=f"No row is dated from {profile.as_of} to before {profile.end}. There will be "
            "nothing to predict; see whether the feed has arrived.",
        )


def _about_leakage(
    associations: Sequence[Association], selection: Selection, params: ExplorationParams
) -> Iterator[Finding]:
    dropped = {one.feature for one in selection.dropped}
    for one in associations:
        if one.auc is not None and one.auc >= params.leakage_auc:
            what = "It is left out of training." if one.name in dropped else "It is kept by name."
            yield Finding(
                tone="act",
                title=f"{one.name} may leak the outcome",
                text=f"Alone it ranks past rows with an AUC of {one.auc:.3f}. {what} See whether "
                "its value is known before the outcome is.",
            )
        elif one.missing_auc is not None and one.missing_auc >= params.missing_auc:
            yield Finding(
                tone="warn",
                title=f"The gaps in {one.name} tell the outcome",
                text=f"Whether it has a value ranks past rows with an AUC of {one.missing_auc:.2f}."
                " See whether the gaps arise before the outcome does.",
            )


def _about_gaps(
    columns: Sequence[ColumnSummary], drift: Sequence[FeatureDrift]
) -> Iterator[Finding]:
    """New gaps, unless the last weeks had as many or as few."""
    for column, moved in zip(columns, drift, strict=True):
        upcoming = column.missing_upcoming
        usual = moved.upcoming.level is not DriftLevel.TOO_FEW_ROWS and not moved.unusual
        if upcoming is not None and upcoming > column.missing + MORE_MISSING and not usual:
            yield Finding(
                tone="warn",
                title=f"{column.name} has more gaps than before",
                text=f"{percent(upcoming)} of upcoming rows have no value; in history it was "
                f"{percent(column.missing)}. See whether its source has arrived.",
            )


def _about_unseen(columns: Sequence[ColumnSummary]) -> Iterator[Finding]:
    unseen = [f"{column.name} ({whole(column.unseen)} rows)" for column in columns if column.unseen]
    if unseen:
        yield Finding(
            tone="warn",
            title="Values that history does not know",
            text=f"Upcoming rows have new values in {_named(unseen)}. The model cannot have "
            "learned them; expect its usual answer for such rows.",
        )


def _about_drift(drift: Sequence[FeatureDrift]) -> Iterator[Finding]:
    unusual = sorted(
        (one for one in drift if one.unusual), key=lambda one: -(one.upcoming.psi or 0)
    )
    if unusual:
        names = [f"{one.upcoming.column} ({one.upcoming.direction})" for one in unusual]
        yield Finding(
            tone="warn",
            title=f"Drifting further than in recent weeks: {len(unusual)} of {len(drift)} features",
            text=f"Set against history: {_named(names)}.",
        )


def _about_selection(selection: Selection) -> Iterator[Finding]:
    if selection.dropped:
        names = [f"{one.feature}: {one.reason}" for one in selection.dropped]
        yield Finding(
            tone="plain",
            title=f"Left out of training: {len(selection.dropped)} of {_features(selection)}",
            text=f"{_named(names)}.",
        )
    for one in selection.kept:
        yield Finding(
            tone="plain",
            title=f"{one.feature} is kept by name",
            text=f"A rule would have left it out: {one.reason}.",
        )


def _features(selection: Selection) -> str:
    return f"{len(selection.selected) + len(selection.dropped)} features"


def _named(names: Sequence[str]) -> str:
    rest = len(names) - NAMED
    return "; ".join(names[:NAMED]) + (f"; and {rest} more" if rest > 0 else "")
