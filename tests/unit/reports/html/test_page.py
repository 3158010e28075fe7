from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from weekwise.reports.charts import Series, line_chart
from weekwise.reports.html.blocks import (
    Heading,
    Tile,
    badge,
    bullets,
    callout,
    card,
    details,
    figure,
    grid,
    paragraph,
    table,
    tiles,
)
from weekwise.reports.html.page import Headline, Section, render_page

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Outline(HTMLParser):
    """Collects tags and fails on one that is closed out of turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember a tag."""
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember a tag that closes itself."""
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Close the last tag."""
        assert self.open.pop() == tag


@pytest.fixture(name="page")
def _page() -> str:
    chart = line_chart(["a", "b"], [Series("x", [0.1, 0.2])], title="A line")
    return render_page(
        title="Week <1>",
        kicker="Report",
        subtitle="as of 2013-08-05",
        headline=Headline("All & well", "OK", "ok"),
        summary=[tiles([Tile("Rows", "12", "in all", "warn"), Tile("Bare", "1")])],
        sections=[
            Section("First part", [figure(chart, "Caption"), paragraph("<i>", note=True)], "Lead"),
            Section(
                "Second & last",
                [
                    table("Counts", ["Name", Heading("N", "number")], [["a<b", "1"]]),
                    callout("Look", tone="act", title="Leak"),
                    grid([card("temp", badge("major", tone="warn"))], wide=True),
                    details("More", "inside"),
                    bullets(["one"]),
                    "plain < text",
                ],
            ),
        ],
        footer="made by a run",
    )


def test_tags_are_closed_in_turn(page: str) -> None:
    """The page is well formed."""
    outline = Outline()
    outline.feed(page)

    assert outline.open == []


def test_the_page_needs_no_network(page: str) -> None:
    """The page refers to nothing outside itself and runs no script."""
    assert not re.search(r"https?:|//|@import|url\(|<script|src=", page)
    assert 'href="data:,"' in page


def test_text_is_escaped(page: str) -> None:
    """Whatever a table is called, its name is text."""
    assert "<title>Week &lt;1&gt;</title>" in page
    assert "All &amp; well" in page
    assert "plain &lt; text" in page
    assert "a&lt;b" in page


def test_the_contents_lead_to_the_sections(page: str) -> None:
    """Every link of the contents leads to a section that bears its heading."""
    links = re.findall(r'<li><a href="#([^"]+)">', page)

    assert links == ["first-part", "second-last"]
    for link in links:
        assert f'<section id="{link}" aria-labelledby="{link}-heading">' in page
        assert f'<h2 id="{link}-heading">' in page


def test_the_page_can_be_heard(page: str) -> None:
    """It has a language, one first heading, captions, row headings and named pictures."""
    outline = Outline()
    outline.feed(page)
    tags = [name for name, _ in outline.seen]

    assert outline.seen[0] == ("html", {"lang": "en"})
    assert tags.count("h1") == 1
    assert tags.count("caption") == tags.count("table")
    assert all(attrs.get("scope") for name, attrs in outline.seen if name == "th")
    assert [a.get("aria-label") for n, a in outline.seen if n == "svg" and a.get("role")] == [
        "A line"
    ]


def test_dark_and_light_define_the_same_colors(page: str) -> None:
    """Each color of the light page has a dark one."""
    light, dark = (
        set(re.findall(r"--([\w-]+): #", block))
        for block in re.findall(r":root \{(.*?)\}", page, flags=re.DOTALL)[:2]
    )

    assert light == dark


def test_a_bare_page() -> None:
    """Only a title and sections are needed."""
    page = render_page(title="Bare", sections=[])

    assert "<h1>Bare</h1>" in page
    assert "<footer>" not in page
    assert 'class="headline' not in page


def test_a_table_with_a_cell_too_few() -> None:
    """A row that does not fit its headings is a mistake in the code, and fails."""
    with pytest.raises(ValueError, match="zip"):
        table("Counts", ["Name", "N"], [["a"]])
