"""The files of an environment, as short YAML with comments, written all together or not at all."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import yaml

from weekwise.contract.load import CONTRACTS_FOLDER, load_contract
from weekwise.errors import ConfigurationError, ContractError

CONTRACT_FILE = f"{CONTRACTS_FOLDER}/features.yml"
_RESERVED = ("base", "local")
_WIDTH = 110


def check_name(environment: str) -> None:
    """Refuse a name that no environment can have.

    Raises:
        ConfigurationError: If it is one.
    """
    if environment in _RESERVED:
        raise ConfigurationError(f"{environment} is no environment of a table; name another")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,62}", environment):
        raise ConfigurationError(
            f"{environment!r} cannot be the name of an environment; start with a letter, and use "
            "letters, digits, - and _ alone"
        )


def write_environment(folder: Path, files: Mapping[str, str], *, force: bool) -> list[Path]:
    """Write all files of an environment, or none of them.

    The contract is checked as a run would check it before anything is in its place.

    Args:
        folder: The environment's folder.
        files: Their text by name in it.
        force: Whether files that are there may be replaced.

    Returns:
        The files.

    Raises:
        ConfigurationError: If a file is there and may not be replaced.
        ContractError: If the contract does not hold together.
    """
    refuse_existing(folder, files, force=force)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # A dot hides it from whoever lists environments.
    made = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, text in files.items():
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        try:
            load_contract(made / CONTRACT_FILE)
        except ContractError as error:
            raise ContractError(
                f"the contract would be wrong: {str(error).replace(str(made), folder.name)}"
            ) from None
        _move(made, folder, files)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return [folder / name for name in files]


def refuse_existing(folder: Path, names: Iterable[str], *, force: bool) -> None:
    """Refuse to replace files, unless that is asked for.

    Raises:
        ConfigurationError: If one of them is there.
    """
    there = [name for name in names if (folder / name).exists()]
    if there and not force:
        raise ConfigurationError(
            f"{folder} has {', '.join(there)} already; replace them with --force, or choose "
            "another --env"
        )


def _move(made: Path, folder: Path, files: Mapping[str, str]) -> None:
    """Put files in their place; what they replace comes back if one of them fails."""
    if not folder.exists():
        # mkdtemp's folder is its maker's alone; this one is the project's.
        made.chmod(0o777 & ~_umask())
        made.rename(folder)
        return
    before = made / ".before"
    moved: list[str] = []
    try:
        for name in files:
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.exists():
                (before / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(place, before / name)
            moved.append(name)
            (made / name).replace(place)
    except OSError:
        for name in moved:
            if (before / name).exists():
                (before / name).replace(folder / name)
            else:
                (folder / name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def contract_text(
    head: Mapping[str, Any],
    columns: Sequence[tuple[str, Mapping[str, Any], str]],
    comments: Sequence[str],
    proposed: Sequence[tuple[str, Mapping[str, Any], str]] = (),
) -> str:
    """A contract as YAML: a line a column, with the reason behind it.

    Args:
        head: All but the columns.
        columns: Each column's name, what the contract says of it, and a comment.
        comments: What holds for all of it.
        proposed: Further columns, which stand in comments for a person to switch on.
    """
    lines = [*_comment_lines(comments), _block(head).rstrip("\n"), "columns:"]
    for name, column, comment in columns:
        line = f"  {_flow(name)}: {_flow(dict(column))}"
        lines += [f"  # {_one_line(comment)}", line] if comment else [line]
    for name, column, comment in proposed:
        lines += [f"  # {_one_line(comment)}", f"  # {_flow(name)}: {_flow(dict(column))}"]
    return "\n".join(lines) + "\n"


def mapping_text(content: Mapping[str, Any], comments: Sequence[str]) -> str:
    """A file of settings as YAML, with comments before it."""
    return "\n".join([*_comment_lines(comments), _block(content)])


def _comment_lines(comments: Iterable[str]) -> list[str]:
    return [f"# {_one_line(comment)}" for comment in comments]


def _one_line(text: str) -> str:
    """A comment ends with its line: a column's name or value may hold another."""
    return "".join(letter if letter.isprintable() else "�" for letter in " ".join(text.split()))


def _flow(value: Any) -> str:
    """A value on one line."""
    text: str = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**9
    )
    return text.removesuffix("\n").removesuffix("...").rstrip("\n")


def _block(content: Mapping[str, Any]) -> str:
    lines: list[str] = []
    for key, value in content.items():
        text = _flow(value)
        if isinstance(value, Mapping) and len(text) > _WIDTH - len(key):
            lines.append(f"{_flow(key)}:")
            lines += [f"  {line}" for line in _block(value).rstrip("\n").splitlines()]
        else:
            lines.append(f"{_flow(key)}: {text}")
    return "\n".join(lines) + "\n"
