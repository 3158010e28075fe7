"""The web app for everyone: on a phone, on a desk, in the dark, and without eyes or mouse."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browsing import Scheme, Visit
from service_process import PROJECT, Running

pytestmark = pytest.mark.slow

AXE = PROJECT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
FOUND = """async () => (await axe.run(document)).violations.map(
    (one) => `${one.id}: ${one.nodes.map((node) => node.target).join(', ')}`)"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def check(page: Page, place: str) -> None:
    """No barrier that axe can find, and nothing wider than the screen."""
    # Playwright's evaluation is not held to the page's content security policy.
    page.evaluate(AXE.read_text())
    assert page.evaluate(FOUND) == [], place
    assert page.evaluate(OVERFLOW) <= 0, place


@pytest.mark.parametrize(
    ("width", "height", "scheme"),
    # The smallest phone that must do, a screen of 1280 by 900 zoomed to 200 %, a large screen.
    [(320, 640, "light"), (320, 640, "dark"), (640, 450, "light"), (1440, 900, "dark")],
)
def test_every_page_is_open_to_everyone(
    trains: Running, visit: Visit, tmp_path: Path, width: int, height: int, scheme: Scheme
) -> None:
    """Each page in each state passes axe and fits the screen, at any size, in any color."""
    page = visit(trains.url, width=width, height=height, scheme=scheme)
    expect(page.get_by_test_id("result")).to_have_attribute("aria-busy", "false")
    check(page, "the form")
    page.get_by_label("Rain", exact=True).fill("-3")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_test_id("result")).to_have_attribute("aria-busy", "true")
    check(page, "the form with an error")
    page.get_by_label("Rain", exact=True).fill("3")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_test_id("result")).to_have_attribute("aria-busy", "false")
    page.get_by_label("Rain", exact=True).fill("30")
    expect(page.get_by_role("region", name="What if")).to_be_visible()
    check(page, "a prediction and what changed")

    page.get_by_role("link", name="Batch").click()
    expect(page.get_by_role("heading", name="Predict a file")).to_be_visible()
    check(page, "an empty batch")
    row = trains.example()
    path = tmp_path / "rows.csv"
    bad = {**row, "rain": -1}
    lines = [
        row,
        *(
            ",".join("" if record[k] is None else str(record[k]) for k in row)
            for record in (row, bad)
        ),
    ]
    path.write_text("\n".join([",".join(row), *lines[1:]]))
    page.get_by_label("Choose a CSV file").set_input_files(path)
    expect(page.get_by_role("heading", name="Refused rows")).to_be_visible()
    check(page, "a predicted file")

    page.get_by_role("link", name="Model", exact=True).click()
    expect(page.get_by_test_id("report-headline")).to_be_visible()
    for summary in page.locator("summary").all():
        summary.click()
    check(page, "the model")


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
def test_classes_are_open_to_everyone(
    faults: Running, visit: Visit, width: int, scheme: Scheme
) -> None:
    """The bars of classes, with the marks of the prediction before, pass axe and fit the screen."""
    page = visit(faults.url, width=width, scheme=scheme)
    page.get_by_role("button", name="Fill in an example").click()
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_test_id("classes")).to_be_visible()
    page.get_by_label("Rain", exact=True).fill("6")
    expect(page.get_by_role("region", name="What if")).to_be_visible()
    check(page, "a class and what changed")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_of_an_open_choice_is_open_to_everyone(
    visit: Visit, parcels: Running, scheme: Scheme
) -> None:
    """An unfolded list passes axe and is moved through by the keyboard."""
    page = visit(parcels.url, width=360, scheme=scheme)
    carrier = page.get_by_label("Carrier")
    carrier.click()
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options).to_have_count(2)
    check(page, "an unfolded list")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(options).to_have_count(0)
    expect(carrier).to_be_focused()


def test_a_choice_takes_nothing_that_was_not_chosen(visit: Visit, parcels: Running) -> None:
    """Focus selects the whole text, Escape restores it, leaving takes only what names a value."""
    page = visit(parcels.url)
    carrier = page.get_by_label("Carrier")
    before = carrier.input_value()
    carrier.click()
    page.keyboard.type("zepp")
    expect(carrier).to_have_value("zepp")
    page.keyboard.press("Escape")
    expect(carrier).to_have_value(before)
    # A click into what is selected already replaces it, too.
    carrier.click()
    page.keyboard.type("zepp")
    expect(carrier).to_have_value("zepp")
    page.keyboard.press("Tab")
    expect(carrier).to_have_value(before)
    note = page.get_by_text("“zepp” is not in the list, so nothing was changed.")
    expect(note).to_be_visible()
    below = note.locator("xpath=ancestor::*[contains(@class, 'field')][1]/*[last()]")
    said, helped = note.bounding_box(), below.bounding_box()
    assert said is not None
    assert helped is not None
    assert said["y"] + said["height"] <= helped["y"]
    carrier.click()
    page.keyboard.type("biek")
    expect(page.get_by_role("option", name="bike")).to_be_visible()
    carrier.fill("bikez")
    page.get_by_role("option", name="Use “bikez” anyway").click()
    expect(page.get_by_text("Not in the list: the model does not know it.")).to_be_visible()
    expect(page.get_by_test_id("result")).to_contain_text("Use with caution")
    page.get_by_role("button", name="Did you mean bike?").click()
    expect(carrier).to_have_value("bike")
    expect(page.get_by_test_id("result")).not_to_contain_text("Use with caution")


def test_the_theme_is_the_readers(trains: Running, visit: Visit) -> None:
    """The page follows the system's colors until the reader chooses, and remembers that."""
    page = visit(trains.url, scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Use dark colors").click()
    dark = page.evaluate(paper)
    assert dark != light

    page.reload()

    expect(page.get_by_role("button", name="Use light colors")).to_be_visible()
    assert page.evaluate(paper) == dark
