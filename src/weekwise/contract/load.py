"""Contracts from YAML files. Nothing else in Weekwise parses a contract's YAML."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from weekwise.contract.column import Column, Serving
from weekwise.contract.model import Contract, Contracts, Expectation
from weekwise.errors import ContractError
from weekwise.yaml_faults import yaml_fault

CONTRACTS_FOLDER = "contracts"
CONTRACT_SUFFIX = "_contract"
"""What follows a table's name in the name of its contract in the catalog."""
_KNOWN_KEYS = {
    field.alias or key
    for model in (Contract, Column, Serving, Expectation)
    for key, field in model.model_fields.items()
}


class _Loader(yaml.SafeLoader):
    """YAML's own loader, but for keys written twice: of these it takes the last without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping, each of whose keys is there once."""
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"duplicate key {key.value}", problem_mark=key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def project_contracts(conf_source: str | Path, environments: Iterable[str]) -> Contracts:
    """The contracts of an environment, in the place of those of the environments it extends.

    Args:
        conf_source: The project's folder of configuration.
        environments: The environment and those it extends, itself last.

    Raises:
        ContractError: If any contract is wrong.
    """
    return load_contracts(Path(conf_source) / name / CONTRACTS_FOLDER for name in environments)


def load_contracts(folders: Iterable[Path]) -> Contracts:
    """Read every `*.yml` contract in some folders.

    Args:
        folders: Folders of contracts, the weakest first: a file in a later folder replaces the
            file of the same name in an earlier one. A folder may be absent.

    Returns:
        The contracts by table name, read-only.

    Raises:
        ContractError: If any file is wrong; the message lists all that is wrong with all of them.
    """
    files = {path.name: path for folder in folders for path in sorted(folder.glob("*.yml"))}
    contracts, problems = {}, []
    for path in files.values():
        try:
            contract = load_contract(path)
        except ContractError as error:
            problems.append(str(error))
        else:
            contracts[contract.table] = contract
    if problems:
        raise ContractError("\n".join(problems))
    return MappingProxyType(contracts)


def load_contract(path: Path) -> Contract:
    """Read one contract.

    Args:
        path: A YAML file, named after its table.

    Raises:
        ContractError: If it is not a contract; one line for each fault, with file, column, fault
            and remedy.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ContractError(
            f"{path}: it is a link to a file that is not there; put the file there, or remove it"
        ) from None
    except UnicodeDecodeError as error:
        raise ContractError(f"{path}{yaml_fault(error)}") from None
    return _parsed(path, text)


@lru_cache(maxsize=64)
def _parsed(path: Path, text: str) -> Contract:
    """The contract that a file holds; a run asks for the same ones three times."""
    try:
        raw = _Loader(text).get_single_data()
    except (yaml.YAMLError, ValueError) as error:
        raise ContractError(f"{path}{yaml_fault(error)}") from None
    if not isinstance(raw, dict):
        raise ContractError(f"{path}: a contract is a mapping with table, title and columns")
    raw.setdefault("table", path.stem)
    if raw["table"] != path.stem:
        raise ContractError(
            f"{path}: table is {raw['table']!r}; rename the file to {raw['table']}.yml or fix it"
        )
    try:
        return Contract.model_validate(raw)
    except ValidationError as error:
        lines = [f"{path}: {_describe(details)}" for details in error.errors()]
        # A union of types gives one fault for each member: equal lines once.
        raise ContractError("\n".join(dict.fromkeys(lines))) from None


def _describe(details: ErrorDetails) -> str:
    """One fault as `column C: key K: what is wrong; what to do`."""
    where, key = _place(details["loc"])
    if details["type"] == "extra_forbidden":
        close = get_close_matches(key, _KNOWN_KEYS, n=1)
        hint = f"did you mean {close[0]}?" if close else "remove it"
        return f"{where}unknown key {key}; {hint}"
    if details["type"] == "missing":
        return f"{where}{key} is missing; add it"
    message = details["msg"].removeprefix("Value error, ")
    got = "" if details["type"] == "value_error" else f"; got {_shortened(details['input'])}"
    return f"{where}{key + ': ' if key else ''}{message}{got}"


def _place(location: tuple[int | str, ...]) -> tuple[str, str]:
    """The column a fault is in, as a prefix, and the key it is at."""
    parts = [str(part) for part in location]
    if parts[:1] == ["columns"] and len(parts) > 1:
        return f"column {parts[1]}: ", parts[2] if len(parts) > 2 else ""  # noqa: PLR2004
    return "", ".".join(parts)


def _shortened(value: Any, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
