"""Escaped HTML and SVG tags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from markupsafe import Markup, escape

Tone = Literal["plain", "accent", "second", "ok", "warn", "act"]


def tag(name: str, *children: str | Markup, **attributes: str | float | None) -> Markup:
    """An HTML or SVG element, its text and attributes escaped.

    Args:
        name: The element's name.
        children: Its content; text that is not `Markup` is escaped.
        attributes: Its attributes; `class_` stands for `class`, `aria_label` for `aria-label`,
            and those that are None are left out.

    Example:
        >>> tag("p", "a < b", class_="note")
        Markup('<p class="note">a &lt; b</p>')
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_written(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in {"rect", "line", "path", "col", "img"} and not children:
        return Markup(f"<{name}{written}/>")  # noqa: S704 - name is ours, values are escaped
    return Markup(f"<{name}{written}>{join(children)}</{name}>")  # noqa: S704 - the same


def join(parts: Iterable[str | Markup]) -> Markup:
    """Some content, one after another; text that is not `Markup` is escaped."""
    return Markup("").join(parts)


def _written(value: str | float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
