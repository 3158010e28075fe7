"""What is wrong with a file that should be YAML, in one line."""

from __future__ import annotations

import re
from typing import Any

import yaml

_HINTS = (
    ("a tab cannot start", "indent with spaces", False),
    ("cannot start a value", "put the value in quotes", False),
    (
        "mapping values are not allowed",
        "put a text that has a colon in quotes, or indent the line as those around it",
        False,
    ),
    (r"expected ',' or '[}\]]'", "close the bracket that begins here, or add a comma", True),
    ("unexpected end of stream", "close the quote that begins here", True),
    ("expected <block end>|could not find expected ':'", "indent it as the lines around it", False),
    ("duplicate key", "keep one of them", False),
)
"""Patterns of what YAML says, what to do, and whether the line to name is where a part began."""


def yaml_fault(error: yaml.YAMLError | UnicodeDecodeError | ValueError) -> str:
    """The line of a file, what is wrong with it and what to do, to follow the file's name.

    Args:
        error: What reading the file has raised.

    Example:
        >>> try:
        ...     yaml.safe_load("title: @home")
        ... except yaml.YAMLError as error:
        ...     print(f"orders.yml{yaml_fault(error)}")
        orders.yml, line 1: not valid YAML, '@' cannot start a value; put the value in quotes
    """
    if isinstance(error, UnicodeDecodeError):
        line = error.object.count(b"\n", 0, error.start) + 1
        return f", line {line}: not UTF-8; save the file as UTF-8"
    words = " ".join(str(error).split())
    if not isinstance(error, yaml.MarkedYAMLError):
        # A date that is none, or a character that YAML does not take.
        words = re.sub(r' in "<[^>]*>", position', ", at character", words)
        return f": not valid YAML, {words}; fix it, or put it in quotes"
    words = (error.problem or words).removeprefix("but ")
    words = re.sub(
        "found character (.+) that cannot start any token", r"\1 cannot start a value", words
    )
    words = words.replace(repr("\t"), "a tab")
    mark, advice = error.problem_mark or error.context_mark, "fix it"
    for pattern, hint, is_where_it_began in _HINTS:
        if re.search(pattern, words):
            advice, mark = hint, error.context_mark if is_where_it_began else mark
            break
    return f"{f', line {mark.line + 1}' if mark else ''}: not valid YAML, {words}; {advice}"


def no_mapping(said: Any) -> str:
    """What to say of a file that holds a list or one value, to follow the file's name.

    Args:
        said: What it holds.
    """
    kind = "a list" if type(said).__name__ in ("list", "ListConfig") else "one value"
    return f": it holds {kind} where names with values are due; write lines of NAME: VALUE"


def reference_fault(error: Exception) -> str:
    """The place of a `${reference}` that leads nowhere, and why.

    Args:
        error: What OmegaConf has raised.
    """
    words = next(iter(str(error).splitlines()), "") or type(error).__name__
    words = re.sub(r"^\w+ raised while resolving interpolation: ", "", words).strip("\"'")
    return f"{getattr(error, 'full_key', None) or 'a reference'}: {words}"
