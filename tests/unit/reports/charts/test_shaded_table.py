from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from weekwise.reports.charts import ShadedRow, shaded_table


def cells(table: Markup) -> list[ET.Element]:
    """The cells of a table's body."""
    tree = ET.fromstring(str(table))  # noqa: S314 - our own output
    return list(tree.iterfind(".//tbody/tr/td"))


def test_a_cell_is_shaded_by_its_share_of_the_row() -> None:
    """Counts are written as they are and shaded by their share; the marked one stands out."""
    table = shaded_table(
        [ShadedRow("a", [1, 3], note="4", marked=1)],
        ["x", "y"],
        title="Counts",
        show=lambda value: f"{value:.0f}",
    )

    first, second, note = cells(table)

    assert [first.text, second.text, note.text] == ["1", "3", "4"]
    assert (first.get("style"), second.get("style")) == ("--share:0.250", "--share:0.750")
    assert "marked" in (second.get("class") or "")
    assert "marked" not in (first.get("class") or "")


@given(st.lists(st.lists(st.floats(0, 1e9), min_size=2, max_size=2), max_size=4), st.text())
def test_any_values_can_be_drawn(drawn: list[list[float]], label: str) -> None:
    """Rows of nothing, no rows at all, and labels with markup make well formed tables."""
    label = "".join(character for character in label if character.isprintable())
    rows = [ShadedRow(label, values) for values in drawn]

    table = shaded_table(rows, ["<b>", "&"], title=label)

    assert len(cells(table)) == 2 * len(drawn)
