"""One self-contained HTML page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from weekwise.reports.html.blocks import Content
from weekwise.reports.html.markup import Tone, join

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True)
class Headline:
    """The first thing a reader sees.

    Attributes:
        word: One word, such as `OK`, `WARN` or `ACT`; or nothing.
        text: A sentence that says why.
        tone: The color of both.
    """

    text: str
    word: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True)
class Section:
    """A part of the page with a heading of its own.

    Attributes:
        title: The heading, also in the table of contents.
        parts: Its blocks; text that is not `Markup` is escaped.
        lead: A sentence under the heading that says what to take from it.
    """

    title: str
    parts: Sequence[Content]
    lead: Content = ""

    @property
    def anchor(self) -> str:
        """The section's name in a link."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")

    @property
    def body(self) -> Content:
        """Its blocks, one after another."""
        return join(self.parts)


def render_page(
    *,
    title: str,
    sections: Sequence[Section],
    headline: Headline | None = None,
    kicker: str = "",
    subtitle: str = "",
    summary: Sequence[Content] = (),
    footer: Content = "",
) -> str:
    """Render a page that opens with no network: style and charts are inside it.

    Args:
        title: The page's title.
        sections: Its sections, in their order.
        headline: What to take away, above all else.
        kicker: A word or two above the title, such as the kind of report.
        subtitle: A line under the title, such as the dates it covers.
        summary: Blocks between the head and the first section, such as key figures.
        footer: How the page came about.
    """
    return render_template(
        "page.html.j2",
        title=title,
        sections=sections,
        headline=headline,
        kicker=kicker,
        subtitle=subtitle,
        summary=join(summary),
        footer=footer,
    )


def render_template(name: str, **values: object) -> str:
    """Fill in a template, text escaped.

    Args:
        name: The template's file.
        values: What it names.
    """
    return _environment().get_template(name).render(values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("weekwise.reports.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
