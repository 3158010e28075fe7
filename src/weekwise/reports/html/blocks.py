"""What a page is made of: key figures, tables, callouts, figures, cards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from weekwise.reports.html.markup import Tone, join, tag

Content = str | Markup


@dataclass(frozen=True)
class Tile:
    """One key figure.

    Attributes:
        label: What it is.
        value: The figure, as people read it.
        note: What to compare it with.
        tone: Its color, where it is good or bad news.
    """

    label: str
    value: str
    note: Content = ""
    tone: Tone = "plain"


@dataclass(frozen=True)
class Heading:
    """The heading of a table's column.

    Attributes:
        text: What the column is.
        kind: Whether it holds text or numbers; numbers stand to the right.
    """

    text: str
    kind: Literal["text", "number"] = "text"


def tiles(items: Iterable[Tile]) -> Markup:
    """Key figures side by side."""
    return tag(
        "dl",
        *(
            tag(
                "div",
                tag("dt", item.label),
                tag("dd", item.value, class_="value"),
                tag("dd", item.note, class_="note") if item.note else "",
                class_=f"tile {item.tone}",
            )
            for item in items
        ),
        class_="tiles",
    )


def table(
    caption: str, headings: Sequence[str | Heading], rows: Iterable[Sequence[Content]]
) -> Markup:
    """A table that scrolls by itself where it is wider than the page.

    Args:
        caption: What the table holds.
        headings: The headings; the first column names the row.
        rows: The cells of each row, as many as there are headings.
    """
    heads = [head if isinstance(head, Heading) else Heading(head) for head in headings]
    kinds = ["num" if head.kind == "number" else None for head in heads]
    head_cells = [
        tag("th", head.text, scope="col", class_=kind)
        for head, kind in zip(heads, kinds, strict=True)
    ]
    body = [
        tag(
            "tr",
            *(
                tag("td", cell, class_=kind) if place else tag("th", cell, scope="row", class_=kind)
                for place, (cell, kind) in enumerate(zip(row, kinds, strict=True))
            ),
        )
        for row in rows
    ]
    whole = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *head_cells)),
        tag("tbody", join(body)),
    )
    return tag("div", whole, class_="scroll", tabindex="0", role="group", aria_label=caption)


def callout(text: Content, *, tone: Tone = "plain", title: str = "") -> Markup:
    """A remark that must not be overlooked."""
    head = tag("strong", title) if title else ""
    return tag("div", head, tag("p", text), class_=f"callout {tone}", role="note")


def figure(picture: Markup, caption: Content = "") -> Markup:
    """A chart with its caption."""
    return tag("figure", picture, tag("figcaption", caption) if caption else "")


def card(title: Content, *parts: Content, tone: Tone = "plain") -> Markup:
    """A small titled panel, for many of a kind side by side."""
    return tag("article", tag("h3", title), *parts, class_=f"card {tone}")


def grid(items: Iterable[Markup], *, wide: bool = False) -> Markup:
    """Panels side by side, as many as fit."""
    return tag("div", *items, class_="grid wide" if wide else "grid")


def badge(text: str, *, tone: Tone = "plain") -> Markup:
    """A word or two that stand out in a line."""
    return tag("span", text, class_=f"badge {tone}")


def paragraph(text: Content, *, note: bool = False) -> Markup:
    """A paragraph; a note is smaller and quieter."""
    return tag("p", text, class_="note" if note else None)


def details(summary: str, *parts: Content) -> Markup:
    """What few readers need, folded away (and unfolded in print)."""
    return tag("details", tag("summary", summary), *parts)


def bullets(items: Iterable[Content]) -> Markup:
    """A list of remarks."""
    return tag("ul", *(tag("li", item) for item in items), class_="bullets")
