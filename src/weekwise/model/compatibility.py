"""Whether a model can predict rows of a contract that may have changed since it was fitted."""

from __future__ import annotations

from weekwise.contract.model import Contract
from weekwise.model.predictor import Predictor
from weekwise.wording import listed


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
    if fitted_on.task is not contract.task:
        return f"its target {target} asked for another kind of prediction"
    known = before.values if now.values is None else now.values
    gone = [value for value in before.values or () if value not in (known or ())]
    if gone:
        named = listed([str(value) for value in gone])
        return f"it predicts {named}, which the contract does not list under {target} any more"
    absent = [name for name in predictor.inputs.raw if name not in contract.columns]
    if absent:
        return f"it takes {', '.join(absent)}, which the contract does not have any more"
    changed = [
        f"{name} was of type {fitted_on.columns[name].type} and is of type "
        f"{contract.columns[name].type} now"
        for name in predictor.inputs.raw
        if fitted_on.columns[name].type.facts.textual != contract.columns[name].type.facts.textual
    ]
    changed += [
        f"{name} was another aggregate"
        for name in predictor.features
        if name in contract.columns
        and fitted_on.columns[name].aggregate != contract.columns[name].aggregate
    ]
    return "; ".join(changed) or None
