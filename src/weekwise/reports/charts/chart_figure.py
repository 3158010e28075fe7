"""A chart with its title, for a page or as a document of its own."""

from __future__ import annotations

import base64
import html
import re
from dataclasses import dataclass

from markupsafe import Markup

from weekwise.errors import StoreError
from weekwise.reports.html.blocks import figure
from weekwise.reports.html.markup import tag
from weekwise.reports.html.page import render_template

PREVIEW_WIDTH = 900
# Pixels that the title, the margins and a caption take.
_AROUND, _CAPTION = 72, 32
_DOCUMENT = re.compile(
    r"<title>(?P<title>.*?)</title>.*"
    r'<main class="standalone" data-height="(?P<height>\d+)">.*?<!-- chart -->'
    r"(?P<chart>.*?)<!-- caption -->(?:<figcaption>(?P<caption>.*?)</figcaption>)?<!-- end -->",
    re.DOTALL,
)


@dataclass(frozen=True)
class ChartFigure:
    """A chart that stands in a page, and alone as a file.

    Attributes:
        title: What it shows.
        chart: The chart.
        height: About how tall the chart is at a width of 900 pixels, in pixels.
        caption: How to read it.
    """

    title: str
    chart: Markup
    height: int
    caption: str = ""

    @property
    def block(self) -> Markup:
        """The chart and its caption, as a part of a page."""
        return figure(self.chart, self.caption)

    def to_html(self) -> str:
        """A whole document, which opens with no network."""
        return render_template("chart.html.j2", figure=self)

    @classmethod
    def from_html(cls, text: str) -> ChartFigure:
        """Read what `to_html` wrote.

        Args:
            text: The document.

        Raises:
            StoreError: If it is not such a document.
        """
        match = _DOCUMENT.search(text)
        if match is None:
            raise StoreError("the file holds no chart of Weekwise; run its week again")
        return cls(
            title=html.unescape(match["title"]),
            chart=Markup(match["chart"]),  # noqa: S704 - a document that this class wrote
            height=int(match["height"]),
            caption=html.unescape(match["caption"] or ""),
        )

    def to_image(self) -> Markup:
        """An `<img>` that holds the chart as SVG, with its own style, whatever surrounds it."""
        # In a picture HTML is read as XML, where each part names its namespace.
        chart = self.chart.replace(
            Markup("<svg"), Markup('<svg xmlns="http://www.w3.org/2000/svg"')
        )
        picture = render_template(
            "chart.svg.j2",
            figure=self,
            chart=chart,
            width=PREVIEW_WIDTH,
            height=self.height + _AROUND + (_CAPTION if self.caption else 0),
        )
        encoded = base64.b64encode(picture.encode("utf-8")).decode("ascii")
        source = f"data:image/svg+xml;base64,{encoded}"
        # Kedro-Viz reads what it shows as Markdown too, even within a tag.
        words = re.sub(r"[_*`\[\]]", " ", self.title)
        return tag("img", alt=words, style="max-width:100%", src=source)
