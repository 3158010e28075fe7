"""The sentences of the report: what is worth a person's time, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weekwise.analysis.association import Association
from weekwise.analysis.drift import DriftLevel
from weekwise.analysis.feature_drift import FeatureDrift
from weekwise.analysis.profile import ColumnSummary, Profile
from weekwise.analysis.selection import Selection
from weekwise.analysis.target import TargetSummary
from weekwise.reports.finding import Finding, Status
from weekwise.tasks import TASKS
from weekwise.tasks.base import Task
from weekwise.wording import fixed, listed, percent, whole

MORE_MISSING = 0.1
NAMED = 5


def find(
    profile: Profile,
    target: TargetSummary,
    associations: Sequence[Association],
    drift: Sequence[FeatureDrift],
    selection: Selection,
    keep: Sequence[str],
) -> tuple[Finding, ...]:
    """What stands out, the most severe first; never empty.

    Args:
        profile: The columns one by one.
        target: The target over past rows.
        associations: Each feature with the target.
        drift: The upcoming rows against history.
        selection: What is trained on.
        keep: Features that the parameters keep, so that nothing needs to be asked about them.
    """
    findings = [
        *_about_rows(profile, target),
        *_about_classes(target),
        *_about_leakage(associations, selection, keep, TASKS[target.task]),
        *_about_gaps(profile.columns, drift),
        *_about_unseen(profile.columns),
        *_about_drift(drift),
        *_about_selection(selection),
    ]
    if all(finding.status is Status.OK for finding in findings):
        text = "Nothing in the data calls for attention: no leak, no new gap, no unusual drift."
        findings.append(Finding(status=Status.OK, topic="As expected", reason=text))
    return tuple(sorted(findings, key=lambda finding: -finding.status.rank))


def _about_rows(profile: Profile, target: TargetSummary) -> Iterator[Finding]:
    if not profile.history_rows:
        yield Finding(
            status=Status.ACT,
            topic="No history",
            reason=f"No row dated before {profile.as_of} has an outcome. There is nothing to learn "
            "from; choose a later as-of date, or look at the feed.",
        )
    elif target.fault:
        yield Finding(
            status=Status.ACT,
            topic="Nothing to learn from",
            reason=f"The {whole(profile.history_rows)} past rows {target.fault}: {target.title}. "
            "Choose a later as-of date, or look at the target.",
        )
    if not profile.upcoming_rows:
        yield Finding(
            status=Status.WARN,
            topic="Nothing upcoming",
            reason=f"No row is dated from {profile.as_of} to before {profile.end}. There will be "
            "nothing to predict; see whether the feed has arrived.",
        )


def _about_classes(target: TargetSummary) -> Iterator[Finding]:
    """Classes that the contract lists and no past row has."""
    shares = target.overall.shares if target.overall.rows else {}
    absent = [label for label, part in shares.items() if not part]
    if absent:
        yield Finding(
            status=Status.WARN,
            topic=f"Classes without a past row: {len(absent)} of {len(shares)}",
            reason=f"No model can learn {listed(absent)}. It will hardly ever predict them; see "
            f"whether the contract's values of {target.name} are those of the table.",
        )


def _about_leakage(
    associations: Sequence[Association], selection: Selection, keep: Sequence[str], task: Task
) -> Iterator[Finding]:
    dropped = {feature.feature for feature in selection.dropped}
    measure = task.words.association
    for association in associations:
        name, strength = association.name, fixed(association.strength, 3)
        if association.leak:
            what = "It is left out of training." if name in dropped else "It is kept by name."
            yield Finding(
                status=Status.ACT,
                topic=f"{name} may leak the outcome",
                reason=f"Of past rows, {association.leak}. Alone it predicts them with {measure} "
                f"{strength}. {what} See whether its value is known before the outcome is.",
            )
        elif association.tells_nearly_all and name not in {*dropped, *keep}:
            yield Finding(
                status=Status.WARN,
                topic=f"{name} tells nearly all of the outcome",
                reason=f"Alone it predicts past rows with {measure} {strength}. It is trained on. "
                "See whether its value is known before the outcome is: if it is, name it under "
                "exploration.keep, and if not, under exploration.drop.",
            )
        elif association.gaps_tell:
            yield Finding(
                status=Status.WARN,
                topic=f"The gaps in {name} tell the outcome",
                reason=f"Whether it has a value predicts past rows with {measure} "
                f"{association.missing_strength:.2f}. See whether the gaps arise before the "
                "outcome does.",
            )


def _about_gaps(
    columns: Sequence[ColumnSummary], drift: Sequence[FeatureDrift]
) -> Iterator[Finding]:
    """New gaps, unless the last weeks had as many or as few."""
    for column, moved in zip(columns, drift, strict=True):
        upcoming = column.missing_upcoming
        usual = moved.level is not DriftLevel.TOO_FEW_ROWS and not moved.unusual
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
        (feature for feature in drift if feature.unusual),
        key=lambda feature: -(feature.psi or 0),
    )
    if unusual:
        names = [f"{part.column} ({part.direction})" for part in unusual]
        yield Finding(
            status=Status.WARN,
            topic=f"Drifting further than in past weeks: {len(unusual)} of {len(drift)} features",
            reason=f"Set against their season: {_named(names)}.",
        )


def _about_selection(selection: Selection) -> Iterator[Finding]:
    if selection.dropped:
        names = [f"{dropped.feature}: {dropped.reason}" for dropped in selection.dropped]
        yield Finding(
            status=Status.OK,
            topic=f"Left out of training: {len(selection.dropped)} of {_features(selection)}",
            reason=f"{_named(names)}.",
        )
    for feature in selection.kept:
        yield Finding(
            status=Status.OK,
            topic=f"{feature.feature} is kept by name",
            reason=f"A rule would have left it out: {feature.reason}.",
        )


def _features(selection: Selection) -> str:
    return f"{len(selection.selected) + len(selection.dropped)} features"


def _named(names: Sequence[str]) -> str:
    rest = len(names) - NAMED
    return "; ".join(names[:NAMED]) + (f"; and {rest} more" if rest > 0 else "")
