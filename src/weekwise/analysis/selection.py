"""Which features are fit to train on, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from weekwise.analysis.association import Association
from weekwise.analysis.correlation import Correlations
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.profile import ColumnSummary, Profile
from weekwise.contract.frozen import Frozen
from weekwise.contract.model import Contract
from weekwise.errors import WeekwiseError
from weekwise.tasks import task_of
from weekwise.tasks.base import Task
from weekwise.wording import fixed, percent

# Two features whose associations with the target differ by less predict equally well.
SAME_STRENGTH = 0.005


class Dropped(Frozen):
    """A feature that is not trained on, and why."""

    feature: str
    reason: str


class Selection(Frozen):
    """What is trained on.

    Attributes:
        selected: The features to train on, in the contract's order.
        dropped: The others, each with its reason, in the same order.
        kept: Features that a rule would have dropped and the parameters keep, with that rule.
    """

    selected: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    kept: tuple[Dropped, ...] = ()


def select_features(
    contract: Contract,
    profile: Profile,
    associations: Sequence[Association],
    correlations: Correlations,
    params: ExplorationParams,
) -> Selection:
    """Choose the features to train on.

    Raises:
        WeekwiseError: If the parameters name a feature that is not there, or keep and drop the
            same one, or if no feature is left.
    """
    _check_names(contract, params)
    columns, task = profile.columns, task_of(contract)
    reasons = dict.fromkeys(params.drop, "the parameters drop it")
    by_rule = dict(_unfit(columns, associations, task, params))
    kept = {name: reason for name, reason in by_rule.items() if name in params.keep}
    reasons = {**by_rule, **reasons}
    for name in kept:
        del reasons[name]
    alike = _redundant(columns, associations, correlations, task, params, already=reasons)
    kept |= {name: reason for name, reason in alike.items() if name in params.keep}
    reasons |= {name: reason for name, reason in alike.items() if name not in params.keep}
    selected = tuple(name for name in contract.features if name not in reasons)
    if not selected:
        raise WeekwiseError(_nothing_left(contract, reasons))
    return Selection(
        selected=selected,
        dropped=_in_order(contract, reasons),
        kept=_in_order(contract, kept),
    )


def _check_names(contract: Contract, params: ExplorationParams) -> None:
    for key, names in (("keep", params.keep), ("drop", params.drop)):
        unknown = [name for name in names if name not in contract.features]
        if unknown:
            raise WeekwiseError(
                f"parameters: exploration.{key} names {', '.join(unknown)}, which contract "
                f"{contract.table} has not as a feature; use some of: "
                f"{', '.join(contract.features)}"
            )
    both = [name for name in params.keep if name in params.drop]
    if both:
        raise WeekwiseError(
            f"parameters: exploration.keep and exploration.drop both name {', '.join(both)}; "
            "leave each to one of them"
        )


def _unfit(
    columns: Sequence[ColumnSummary],
    associations: Sequence[Association],
    task: Task,
    params: ExplorationParams,
) -> Iterator[tuple[str, str]]:
    """Features unfit by themselves, each with its reason."""
    for column, association in zip(columns, associations, strict=True):
        if column.missing > params.max_missing:
            yield column.name, f"{percent(column.missing)} of past rows have no value"
        elif column.top_share > params.max_same:
            shown = percent(column.top_share, 2)
            yield column.name, f"near constant: {shown} of past rows are {column.top}"
        elif association.leak:
            measured = f"{task.words.association} {fixed(association.strength, 3)}"
            yield column.name, f"suspected leakage: {association.leak} (alone {measured})"


def _redundant(
    columns: Sequence[ColumnSummary],
    associations: Sequence[Association],
    correlations: Correlations,
    task: Task,
    params: ExplorationParams,
    *,
    already: Mapping[str, str],
) -> dict[str, str]:
    """The weaker of each pair of features that say the same."""
    gaps = {column.name: column.missing for column in columns}
    strength = {
        association.name: task.no_association
        if association.strength is None
        else association.strength
        for association in associations
    }
    reasons: dict[str, str] = {}
    for pair in correlations.pairs:
        if pair.same_information < params.redundancy:
            continue
        if any(name in already or name in reasons for name in (pair.first, pair.second)):
            continue
        # The contract's order decides last: correlations name the pair in that order.
        stays, goes = pair.first, pair.second
        by_name = [name in params.keep for name in (stays, goes)]
        if by_name == [False, True] or (
            by_name[0] == by_name[1] and _is_better(goes, stays, strength, gaps)
        ):
            stays, goes = goes, stays
        reasons[goes] = f"says the same as {stays} ({pair.measure} {pair.value:.3f}), which stays"
    return reasons


def _is_better(
    name: str, other: str, strength: Mapping[str, float], gaps: Mapping[str, float]
) -> bool:
    """Whether a feature predicts better than another, or as well with fewer gaps."""
    if abs(strength[name] - strength[other]) > SAME_STRENGTH:
        return strength[name] > strength[other]
    return gaps[name] < gaps[other]


def _nothing_left(contract: Contract, reasons: Mapping[str, str]) -> str:
    lines = "\n".join(f"  {name}: {reason}" for name, reason in reasons.items())
    return (
        f"no feature of contract {contract.table} is fit to train on:\n{lines}\n"
        "give the contract a feature, look at the data, or name some under exploration.keep"
    )


def _in_order(contract: Contract, reasons: Mapping[str, str]) -> tuple[Dropped, ...]:
    return tuple(
        Dropped(feature=name, reason=reasons[name]) for name in contract.features if name in reasons
    )
