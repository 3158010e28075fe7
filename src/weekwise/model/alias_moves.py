"""Where a verdict moves the aliases."""

from __future__ import annotations

from weekwise.model.alias_history import CHALLENGER, CHAMPION, Action, ChangeSource, History
from weekwise.model.verdict import Decision, Verdict


def asked_moves(verdict: Verdict, history: History) -> list[tuple[str, Action, str | None]]:
    """The moves of aliases that a verdict still asks for.

    Args:
        verdict: The promotion gate's verdict.
        history: What happened to the aliases so far.

    Returns:
        For each move its alias, what it is, and the version it goes to; none if the verdict of a
        dry run, or if all has happened.
    """
    if verdict.decision is Decision.DRY_RUN:
        return []
    champions = history.during(CHAMPION, verdict.as_of)
    challenger = verdict.challenger_version
    if verdict.promotes:
        by_run = [event for event in champions if event.kind is ChangeSource.RUN]
        if by_run and by_run[-1].version == challenger:
            return []
        return [(CHAMPION, Action.PROMOTE, challenger)]
    changes: list[tuple[str, Action, str | None]] = []
    before = history.champion_before(verdict.as_of)
    if champions and champions[-1].kind is ChangeSource.RUN and champions[-1].version != before:
        # The same week, run before with other settings, had promoted a model: that falls.
        changes.append((CHAMPION, Action.ROLLBACK if before else Action.CLEAR, before))
    losers = history.during(CHALLENGER, verdict.as_of)
    if challenger is not None and (not losers or losers[-1].version != challenger):
        changes.append((CHALLENGER, Action.PROMOTE, challenger))
    return changes
