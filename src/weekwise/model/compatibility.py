"""Whether a model can predict rows of a contract that may have changed since it was fitted."""

from __future__ import annotations

from weekwise.contract.model import Contract
from weekwise.model.predictor import Predictor


def why_not(predictor: Predictor, contract: Contract) -> str | None:
    """Why a model cannot predict rows of a contract, if it cannot.

    Args:
        predictor: The model, with the contract it was fitted with.
        contract: What the rows are now.
    """
    fitted_on = predictor.contract
    if fitted_on.target != contract.target:
        return f"it predicts {fitted_on.target}, and the target is {contract.target} now"
    target = str(contract.target)
    before, now = fitted_on.columns[target], contract.columns[target]
    if before.type is not now.type:
        return f"its target {target} was of type {before.type} and is of type {now.type} now"
    if _values(fitted_on, target) != _values(contract, target):
        return f"the values of its target {target} have changed"
    absent = [name for name in predictor.inputs.raw if name not in contract.columns]
    if absent:
        return f"it takes {', '.join(absent)}, which the contract does not have any more"
    changed = [
        f"{name} was of type {fitted_on.columns[name].type} and is of type "
        f"{contract.columns[name].type} now"
        for name in predictor.inputs.raw
        if fitted_on.columns[name].type.facts.textual != contract.columns[name].type.facts.textual
    ]
    return "; ".join(changed) or None


def _values(contract: Contract, column: str) -> tuple[object, ...]:
    return tuple(contract.columns[column].values or ())
