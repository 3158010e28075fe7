from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from weekwise.errors import StoreError
from weekwise.reports.charts import (
    Bar,
    ChartFigure,
    Series,
    Swarm,
    bars,
    beeswarm,
    heatmap,
    line_chart,
)

CHARTS = {
    "bars": bars([Bar("a & b", 0.5, second=0.2)], title="t"),
    "lines": line_chart(["a", "b"], [Series("x", [1, 2])], title="t"),
    "heat": heatmap(["a"], [[0.5]], title="t"),
    "beeswarm": beeswarm([Swarm("a", [1, 2], [0, 1])], title="t", axis="x"),
    "empty": bars([], title="t"),
}


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
@pytest.mark.parametrize("caption", ["", "What <is> this & that?"])
def test_a_document_is_read_back(chart: Markup, caption: str) -> None:
    """What was written as a document comes back as the same figure."""
    figure = ChartFigure("a < b_c", chart, 300, caption)

    assert ChartFigure.from_html(figure.to_html()) == figure


def test_a_document_opens_with_no_network() -> None:
    """A document names no address and runs no script."""
    text = ChartFigure("t", CHARTS["bars"], 100).to_html()
    parser = HTMLParser()
    parser.feed(text)
    parser.close()

    assert not re.search(r"https?:|<script|@import|url\(", text)


def test_another_file_is_refused() -> None:
    """A file that holds no figure is named as such."""
    with pytest.raises(StoreError, match="holds no chart"):
        ChartFigure.from_html("<html></html>")


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_a_picture_is_well_formed(chart: Markup) -> None:
    """The picture is SVG, whose parts are in the namespaces that a browser needs to show them."""
    image = ElementTree.fromstring(  # noqa: S314 - our own output
        ChartFigure("a & b", chart, 100).to_image()
    )
    encoded = (image.get("src") or "").removeprefix("data:image/svg+xml;base64,")
    picture = ElementTree.fromstring(base64.b64decode(encoded))  # noqa: S314 - the same

    assert image.get("alt") == "a & b"
    names = {element.tag.split("}")[0] for element in picture.iter()}
    assert names <= {"{http://www.w3.org/2000/svg", "{http://www.w3.org/1999/xhtml"}
    assert all(svg.tag.startswith("{http://www.w3.org/2000/svg") for svg in svgs(picture))


def svgs(picture: ElementTree.Element) -> list[ElementTree.Element]:
    """Every picture within the picture."""
    return [element for element in picture.iter() if element.tag.endswith("}svg")]


def test_a_picture_holds_nothing_that_markdown_would_change() -> None:
    """No underscore, star or back quote is in a picture's markup, whatever the names."""
    image = ChartFigure("a_b_c", bars([Bar("a_b_c *d* `e`", 1)], title="x_y_z"), 100).to_image()

    assert not set("_*`\n") & set(image)
