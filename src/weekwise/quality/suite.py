"""A contract as a Great Expectations suite."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from weekwise.contract.column import Severity
from weekwise.contract.model import Contract
from weekwise.errors import ContractError
from weekwise.quality import gx
from weekwise.quality.checks import Check, checks

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite


GX_SEVERITY = {
    Severity.STOP: "critical",
    Severity.QUARANTINE: "warning",
    Severity.WARN: "info",
}
_BESIDE = frozenset({"severity", "description", "meta", "notes", "id"})
"""Arguments of every GX expectation that a contract says elsewhere, or not at all."""


def build_suite(contract: Contract) -> ExpectationSuite:
    """The contract's suite, named after its table.

    Every expectation has a description, Great Expectations' own severity (critical, warning or
    info for stop, quarantine or warn), and in its meta the kind of check, the severity and the
    columns.

    Args:
        contract: The table.

    Raises:
        ContractError: If Great Expectations does not know an expectation, or its arguments are
            wrong; one line for each fault.
    """
    module = gx.load()
    expectations, problems = [], []
    with gx.LOCK, gx.quiet():
        for place, check in enumerate(checks(contract)):
            try:
                expectations.append(_expectation(contract.table, check, place))
            except ContractError as error:
                problems.append(str(error))
    if problems:
        raise ContractError("\n".join(problems))
    suite: ExpectationSuite = module.ExpectationSuite(
        name=contract.table,
        expectations=expectations,
        meta={"contract": contract.table, "title": contract.title, "contract_hash": contract.hash},
        notes=contract.description.strip() or None,
    )
    return suite


def _expectation(table: str, check: Check, place: int) -> Any:
    """The Great Expectations object of a check."""
    from great_expectations.compatibility.pydantic import ValidationError

    where = f"contract {table}: {check.expectation}"
    kind = _implementation(table, check.expectation)
    if beside := sorted(_BESIDE & set(check.arguments)):
        raise ContractError(
            f"{where}: {', '.join(beside)} does not belong under arguments; "
            "put severity and description next to expectation"
        )
    try:
        return kind(
            **check.arguments,
            meta=check.meta(place),
            description=check.description,
            severity=GX_SEVERITY[check.severity],
        )
    except ValidationError as error:
        faults = {_fault(details, kind) for details in error.errors() if not _noise(details)}
        raise ContractError(f"{where}: {'; '.join(sorted(faults))}") from None
    except (TypeError, ValueError) as error:
        raise ContractError(f"{where}: {error}; fix its arguments") from None


def _implementation(table: str, name: str) -> Any:
    from great_expectations.exceptions.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        list_registered_expectation_implementations,
    )

    try:
        kind = get_expectation_impl(name)
    except ExpectationNotFoundError:
        known = list_registered_expectation_implementations()
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else "see greatexpectations.io/expectations"
        raise ContractError(
            f"contract {table}: Great Expectations has no expectation {name}; {hint}"
        ) from None
    if not _runs_on_frames(kind):
        raise ContractError(
            f"contract {table}: {name} works on databases only, and the gate checks frames; "
            "use another expectation"
        )
    return kind


def _runs_on_frames(kind: Any) -> bool:
    facts = kind.schema()["properties"]["metadata"]["properties"]
    sources = facts.get("supported_data_sources", {}).get("const")
    # This one works on pandas though it is not said to.
    return not sources or "Pandas" in sources or kind.__name__.endswith("ToBeInTypeList")


def _noise(details: Mapping[str, Any]) -> bool:
    """Whether a fault is only that a value is no `{"$PARAMETER": name}` either."""
    return bool(details["type"] == "type_error.dict")


def _fault(details: Mapping[str, Any], kind: Any) -> str:
    name = str(details["loc"][0])
    if details["type"] == "value_error.extra":
        known = [key for key in kind.__fields__ if key not in _BESIDE]
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"it takes {', '.join(known)}"
        return f"unknown argument {name}; {hint}"
    if details["type"] == "value_error.missing":
        return f"argument {name} is missing; add it under arguments"
    if name == "__root__":
        return f"{details['msg']}; fix its arguments"
    return f"argument {name}: {details['msg']}"
