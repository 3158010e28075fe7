"""The sentences of the report: what is worth a person's time, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weekwise.analysis.association import Association
from weekwise.analysis.drift import DriftLevel
from weekwise.analysis.feature_drift import FeatureDrift
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.profile import ColumnSummary, Profile
from weekwise.analysis.selection import Selection
from weekwise.analysis.target import TargetSummary
from weekwise.reports.finding import Finding, Status
from weekwise.wording import percent, whole

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
    """What stands out, the most severe first; never empty."""
    found = [
        *_about_rows(profile, target),
        *_about_leakage(associations, selection, params),
        *_about_gaps(profile.columns, drift),
        *_about_unseen(profile.columns),
        *_about_drift(drift),
        *_about_selection(selection),
    ]
    if all(finding.status is Status.OK for finding in found):
        text = "Nothing in the data calls for attention: no leak, no new gap, no unusual drift."
        found.append(Finding(status=Status.OK, topic="As expected", reason=text))
    return tuple(sorted(found, key=lambda finding: -finding.status.rank))


def _about_rows(profile: Profile, target: TargetSummary) -> Iterator[Finding]:
    if not profile.history_rows:
        yield Finding(
            status=Status.ACT,
            topic="No history",
            reason=f"No row dated before {profile.as_of} has an outcome. There is nothing to learn "
            "from; choose a later as-of date, or look at the feed.",
        )
    elif target.overall.rate in {0.0, 1.0}:
        yield Finding(
            status=Status.ACT,
            topic="One outcome only",
            reason=f"All {whole(profile.history_rows)} past rows have the same {target.title}. No "
            "model can learn from one class; choose a later as-of date, or look at the target.",
        )
    if not profile.upcoming_rows:
        yield Finding(
            status=Status.WARN,
            topic="Nothing upcoming",
            reason=f"No row is dated from {profile.as_of} to before {profile.end}. There will be "
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
                status=Status.ACT,
                topic=f"{one.name} may leak the outcome",
                reason=f"Alone it ranks past rows with an AUC of {one.auc:.3f}. {what} See whether "
                "its value is known before the outcome is.",
            )
        elif one.missing_auc is not None and one.missing_auc >= params.missing_auc:
            yield Finding(
                status=Status.WARN,
                topic=f"The gaps in {one.name} tell the outcome",
                reason="Whether it has a value ranks past rows with an AUC of "
                f"{one.missing_auc:.2f}. See whether the gaps arise before the outcome does.",
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
                status=Status.WARN,
                topic=f"{column.name} has more gaps than before",
                reason=f"{percent(upcoming)} of upcoming rows have no value; in history it was "
                f"{percent(column.missing)}. See whether its source has arrived.",
            )


def _about_unseen(columns: Sequence[ColumnSummary]) -> Iterator[Finding]:
    unseen = [f"{column.name} ({whole(column.unseen)} rows)" for column in columns if column.unseen]
    if unseen:
        yield Finding(
            status=Status.WARN,
            topic="Values that history does not know",
            reason=f"Upcoming rows have new values in {_named(unseen)}. The model cannot have "
            "learned them; expect its usual answer for such rows.",
        )


def _about_drift(drift: Sequence[FeatureDrift]) -> Iterator[Finding]:
    unusual = sorted(
        (one for one in drift if one.unusual), key=lambda one: -(one.upcoming.psi or 0)
    )
    if unusual:
        names = [f"{one.upcoming.column} ({one.upcoming.direction})" for one in unusual]
        yield Finding(
            status=Status.WARN,
            topic=f"Drifting further than in recent weeks: {len(unusual)} of {len(drift)} features",
            reason=f"Set against history: {_named(names)}.",
        )


def _about_selection(selection: Selection) -> Iterator[Finding]:
    if selection.dropped:
        names = [f"{one.feature}: {one.reason}" for one in selection.dropped]
        yield Finding(
            status=Status.OK,
            topic=f"Left out of training: {len(selection.dropped)} of {_features(selection)}",
            reason=f"{_named(names)}.",
        )
    for one in selection.kept:
        yield Finding(
            status=Status.OK,
            topic=f"{one.feature} is kept by name",
            reason=f"A rule would have left it out: {one.reason}.",
        )


def _features(selection: Selection) -> str:
    return f"{len(selection.selected) + len(selection.dropped)} features"


def _named(names: Sequence[str]) -> str:
    rest = len(names) - NAMED
    return "; ".join(names[:NAMED]) + (f"; and {rest} more" if rest > 0 else "")
