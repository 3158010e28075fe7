"""Which aggregates over other rows a contract could have, for a person to switch on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from weekwise.contract.column import Role
from weekwise.contract.reserved import why_reserved
from weekwise.infer import names
from weekwise.infer.roles import ColumnDecision
from weekwise.infer.target_choice import Target
from weekwise.wording import counted, listed

MOST = 3
"""So many columns at most, those of the most values first."""
FEWEST_ROWS = 5
"""With fewer rows a value, there is hardly a past to learn from."""
FEWEST_VALUES = 10
"""A model learns the level of a few values by itself."""


@dataclass(frozen=True)
class Proposal:
    """A column that a contract could have.

    Attributes:
        name: Its name.
        by: The column whose values repeat.
        column: What the contract would say of it.
        reason: Why it may help, for people.
    """

    name: str
    by: str
    column: dict[str, Any]
    reason: str


def propose_aggregates(decisions: Sequence[ColumnDecision], target: Target) -> list[Proposal]:
    """For each column whose values repeat, how often or how high the target was with them.

    A model finds the level of a value by itself, but not that of the newest weeks, nor that of a
    column it does not take, such as a customer's number. Whether that pays, a run shows.

    Args:
        decisions: What was decided about each column.
        target: The one to predict.

    Returns:
        At most `MOST`; none if the table has no time, which aggregates need.
    """
    if not any(decision.role is Role.TIME for decision in decisions):
        return []
    taken = {decision.name for decision in decisions}
    repeating = [decision for decision in decisions if _repeats(decision)]
    repeating.sort(key=lambda decision: (-decision.facts.distinct, decision.name))
    proposals = (_proposal(decision, target) for decision in repeating[:MOST])
    return [each for each in proposals if each.name not in taken and not why_reserved(each.name)]


def remarks(proposals: Sequence[Proposal]) -> list[str]:
    """What a person should know of them; nothing if there are none."""
    if not proposals:
        return []
    keys = listed([each.by for each in proposals])
    return [f"The past of {keys} may tell more: aggregates are proposed at the contract's end."]


def _repeats(decision: ColumnDecision) -> bool:
    """Whether rows share a column's values, and an upcoming row has one, too."""
    facts, kind = decision.facts, decision.type
    if kind is None or facts.distinct < FEWEST_VALUES:
        return False
    if facts.known < FEWEST_ROWS * facts.distinct:
        return False
    if decision.role is Role.FEATURE:
        return kind.facts.textual
    # What only some rows have may tell their outcome: the number of a refund.
    told_apart = names.is_identifier(decision.name) and facts.known == facts.rows
    return (
        decision.role in (Role.CONTEXT, Role.KEY)
        and told_apart
        and (kind.facts.textual or kind.facts.whole)
    )


def _proposal(decision: ColumnDecision, target: Target) -> Proposal:
    by, facts = decision.name, decision.facts
    aggregate: dict[str, Any] = {"function": "mean", "by": [by], "smoothing": 20}
    what = "rate" if target.type.facts.boolean else "mean"
    of = target.name
    if target.type.facts.textual or (target.values and not target.type.facts.boolean):
        value = next(iter(target.values))
        aggregate["value"], what, of = value, "rate", f"{target.name} {value}"
    rows = round(facts.known / facts.distinct)
    return Proposal(
        name=f"{by}_{target.name}_{what}",
        by=by,
        column={
            "type": "number",
            "role": "feature",
            "title": f"{names.title(of)}, {what} by {names.title(by).lower()}",
            "missing": 1.0,
            "aggregate": aggregate,
        },
        reason=(
            f"A value of {by} has about {counted(rows, 'row', 'rows')}, and their past may "
            "tell more. To try it, remove the # before the name:"
        ),
    )
