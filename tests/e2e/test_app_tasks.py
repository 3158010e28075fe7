"""Predictions of classes and of numbers in the web app, in a real browser."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browsing import Visit
from service_process import Running

pytestmark = pytest.mark.slow

LABELS = {"none": "No fault", "door": "Door", "brake": "Brake", "fire": "Fire"}


def predict_an_example(page: Page) -> None:
    """Fill in the first example and press the button."""
    page.get_by_role("button", name="Fill in an example").click()
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_test_id("result")).to_have_attribute("aria-busy", "false")


def answer_of(service: Running, row: dict[str, Any]) -> dict[str, Any]:
    """What the service says."""
    with service.client() as client:
        answer = client.post("/explain", json=row)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


def percent(value: float) -> str:
    """A share as the app writes it."""
    points = value * 100
    if points < 0.1:
        return "<0.1%"
    if points > 99.9:
        return ">99.9%"
    return f"{points:.1f}%" if points < 10 or points > 90 else f"{points:.0f}%"


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Rows as a CSV file."""
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def predicted_file(page: Page, path: Path) -> list[dict[str, str]]:
    """Predict a file and give back the rows of the download."""
    page.get_by_label("Choose a CSV file").set_input_files(path)
    expect(page.get_by_role("heading", name="The file has been predicted")).to_be_focused()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download predictions").click()
    return list(csv.DictReader(io.StringIO(download.value.path().read_text())))


def test_a_class_is_predicted_with_all_others(faults: Running, visit: Visit) -> None:
    """The page names the most likely class, and shows each class by its label, in order."""
    page = visit(faults.url)
    predict_an_example(page)

    expected = answer_of(faults, faults.example())

    assert page.get_by_test_id("predicted-class").inner_text() == LABELS[expected["predicted"]]
    shown = page.get_by_test_id("class-probability").inner_text()
    assert shown == percent(expected["probability"])
    bars = page.get_by_test_id("classes").get_by_role("row")
    texts = [row.inner_text().split("\t") for row in bars.all()[1:]]
    assert [text[0] for text in texts] == list(LABELS.values())
    assert [text[-1].strip() for text in texts] == [
        percent(p) for p in expected["probabilities"].values()
    ]
    titles = [entry["title"] for entry in expected["contributions"]]
    contributions = page.get_by_role("table", name="Contributions").get_by_role("rowheader")
    assert contributions.first.inner_text().startswith(titles[0])
    expect(page.get_by_label("Show log-odds over the average class")).not_to_be_checked()


def test_a_change_may_change_the_class(faults: Running, visit: Visit) -> None:
    """What-if names both classes, and says how the one that is predicted now has moved."""
    page = visit(faults.url)
    page.get_by_role("button", name="Fill in an example").click()
    page.get_by_label("Rain", exact=True).fill("0")
    page.get_by_label("Line").select_option(label="blue")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_test_id("predicted-class")).to_have_text("No fault")

    page.get_by_label("Rain", exact=True).fill("6")

    changes = page.get_by_role("region", name="What if")
    expect(changes).to_contain_text("No fault")
    expect(changes).to_contain_text("Brake")
    expect(page.get_by_test_id("predicted-class")).to_have_text("Brake")
    expect(changes).to_contain_text("+")
    expect(page.get_by_text("the mark is the prediction before")).to_be_visible()


def test_a_file_of_classes(faults: Running, visit: Visit, tmp_path: Path) -> None:
    """A file gets each row's class and all probabilities, and the page counts the classes."""
    row = faults.example()
    path = write(tmp_path / "faults.csv", [row, {**row, "rain": 9.0}, {**row, "rain": -1}])
    page = visit(faults.url, "/#/batch")

    rows = predicted_file(page, path)

    expected = answer_of(faults, row)
    assert rows[0]["predicted"] == expected["predicted"]
    assert json.loads(rows[0]["probabilities"]) == expected["probabilities"]
    assert float(rows[0]["probability"]) == expected["probability"]
    assert [bool(line["errors"]) for line in rows] == [False, False, True]
    table = page.get_by_role("group", name="Rows with their predictions")
    expect(table).to_contain_text(LABELS[expected["predicted"]])
    expect(page.get_by_text("of the predicted rows").first).to_be_visible()


def test_the_model_of_classes(faults: Running, visit: Visit) -> None:
    """The model page names the most frequent class of its training rows."""
    page = visit(faults.url, "/#/model")

    expect(page.get_by_role("heading", name="train_faults")).to_be_visible()
    expect(page.get_by_text("the most frequent of 4 classes")).to_be_visible()


def test_a_number_is_predicted_with_its_interval(delays: Running, visit: Visit) -> None:
    """The page shows the number, the interval around it, and what a change does to it."""
    page = visit(delays.url)
    predict_an_example(page)
    expected = answer_of(delays, delays.example())

    shown = float(page.get_by_test_id("prediction").inner_text().replace(",", ""))
    low, high = page.get_by_test_id("interval").inner_text().split(" to ")
    assert shown == pytest.approx(expected["prediction"], rel=1e-3)
    assert float(low) == pytest.approx(expected["low"], rel=1e-3)
    assert float(high) == pytest.approx(expected["high"], rel=1e-3)

    page.get_by_label("Rain", exact=True).fill("6")

    changes = page.get_by_role("region", name="What if")
    expect(changes).to_contain_text(f"{shown:g} before")
    expect(changes).to_contain_text("now")


def test_a_file_of_numbers(delays: Running, visit: Visit, tmp_path: Path) -> None:
    """A file gets each row's number and interval, and the page their mean."""
    row = delays.example()
    page = visit(delays.url, "/#/batch")

    rows = predicted_file(page, write(tmp_path / "delays.csv", [row, row]))

    expected = answer_of(delays, row)
    for name in ("prediction", "low", "high"):
        assert float(rows[0][name]) == expected[name]
    expect(page.get_by_text("Minutes late: mean")).to_be_visible()
