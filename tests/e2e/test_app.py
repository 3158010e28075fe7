"""What a person does in the web app, in a real browser against the real service."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browsing import Visit
from service_process import Running

pytestmark = pytest.mark.slow

FOCUSED = """() => {
    const element = document.activeElement;
    if (element === document.body) return [null, true];
    const box = element.getBoundingClientRect();
    const label = element.labels?.[0]?.textContent ?? element.textContent;
    const name = (element.getAttribute('aria-label') ?? label).trim();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return [name, element === top || element.contains(top) || box.width < 2];
}"""
"""What has the focus, by its name, and whether it can be seen."""


def predict(page: Page) -> None:
    """Press the button."""
    page.get_by_role("button", name="Predict", exact=True).click()


def probability(page: Page) -> str:
    """What the page says."""
    return page.get_by_test_id("probability").inner_text()


def answer_of(trains: Running, row: dict[str, Any]) -> dict[str, Any]:
    """What the service says."""
    with trains.client() as client:
        answer = client.post("/explain", json=row)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


def test_a_row_is_predicted_and_explained(trains: Running, visit: Visit) -> None:
    """The form's first prediction is the service's own, with a decision, a version and reasons."""
    page = visit(trains.url)
    page.get_by_role("button", name="Fill in an example").click()
    predict(page)
    result = page.get_by_test_id("result")
    expect(result).to_contain_text("chance of being late")

    expected = answer_of(trains, trains.example())

    assert probability(page) == _percent(expected["probability"])
    assert page.get_by_test_id("decision").inner_text() == ("yes" if expected["decision"] else "no")
    assert page.get_by_test_id("version").inner_text() == expected["model_version"]
    titles = [entry["title"] for entry in expected["contributions"]]
    shown = page.get_by_role("table", name="Contributions").get_by_role("rowheader")
    assert shown.first.inner_text().startswith(titles[0])


def test_a_change_is_shown_beside_the_prediction_before(trains: Running, visit: Visit) -> None:
    """Changing a field shows it, the new prediction and the difference; undo goes back."""
    page = visit(trains.url)
    page.get_by_role("button", name="Fill in an example").click()
    predict(page)
    expect(page.get_by_test_id("result")).to_have_attribute("aria-busy", "false")
    before = probability(page)

    page.get_by_label("Rain", exact=True).fill("55")

    changes = page.get_by_role("region", name="What if")
    expect(changes).to_contain_text("Rain")
    expect(changes).to_contain_text(f"{before} before")
    after = answer_of(trains, {**trains.example(), "rain": 55.0})
    assert probability(page) == _percent(after["probability"])
    page.get_by_role("button", name="Undo changes").click()
    expect(changes).to_be_hidden()
    assert probability(page) == before


def test_the_first_screen_has_predicted_already(trains: Running, visit: Visit) -> None:
    """The typical row has its result unasked, and the address stays as it was."""
    page = visit(trains.url)

    expect(page.get_by_test_id("result")).to_contain_text("For typical values")
    assert probability(page) == _percent(answer_of(trains, _typical(trains))["probability"])
    assert page.url == f"{trains.url}/"
    expect(page.get_by_role("alert")).to_be_hidden()


def test_contributions_are_in_points_or_in_log_odds(trains: Running, visit: Visit) -> None:
    """What each value adds is in percentage points, and in log-odds behind a switch."""
    page = visit(trains.url)
    table = page.get_by_role("table", name="Contributions")
    largest = answer_of(trains, _typical(trains))["contributions"][0]
    expect(table.get_by_role("row").nth(1)).to_contain_text(_signed(largest["effect"] * 100, 1))

    page.get_by_label("Show log-odds").check()

    expect(table.get_by_role("row").nth(1)).to_contain_text(_signed(largest["contribution"], 2))


def test_a_stale_result_says_so_until_it_is_right(trains: Running, visit: Visit) -> None:
    """With a field to fix the old result stays and is grey, and the summary stays with it."""
    page = visit(trains.url)
    result = page.get_by_test_id("result")
    expect(result).to_have_attribute("aria-busy", "false")
    rain = page.get_by_label("Rain", exact=True)
    rain.fill("-3")
    predict(page)
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("1 field needs fixing")

    rain.fill("-4")
    expect(result).to_contain_text("Not up to date: 1 field needs fixing")
    # Longer than the wait after a change.
    page.wait_for_timeout(600)

    expect(summary).to_contain_text("Rain: Enter 0 or more")
    expect(result).to_have_attribute("aria-busy", "true")
    rain.fill("4")
    expect(summary).to_be_hidden()
    expect(result).to_have_attribute("aria-busy", "false")


def test_bad_input_is_told_at_its_field(trains: Running, visit: Visit) -> None:
    """What the schema can tell is told at once, and the first wrong field has the focus."""
    page = visit(trains.url)
    rain = page.get_by_label("Rain", exact=True)
    rain.fill("-3")
    page.get_by_label("Stops").fill("many")
    predict(page)

    expect(page.get_by_label("Stops")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("2 fields need fixing")
    expect(rain).to_have_attribute("aria-invalid", "true")
    expect(rain).to_have_accessible_description("Enter 0 or more 0 or more")


def test_the_service_refuses_at_the_field(trains: Running, visit: Visit) -> None:
    """What only the service finds stands at its field, too, which then has the focus."""
    page = visit(trains.url)
    stops = page.get_by_label("Stops")
    stops.fill("1e30")
    predict(page)

    expect(stops).to_have_attribute("aria-invalid", "true")
    expect(stops).to_be_focused()
    assert page.locator("#field-stops-error").inner_text()


def test_the_keyboard_is_enough(trains: Running, visit: Visit) -> None:
    """The keyboard alone gets through the form to a prediction."""
    page = visit(trains.url)
    page.get_by_label("Stops").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")

    expect(page.get_by_test_id("result")).to_have_attribute("aria-busy", "false")


def test_the_keyboard_reaches_everything(trains: Running, visit: Visit) -> None:
    """Tab goes through all that can be used, in order, and out; what has the focus is seen."""
    page = visit(trains.url, width=640, height=450)
    expect(page.get_by_test_id("result")).to_have_attribute("aria-busy", "false")
    reached: list[str] = []
    while len(reached) < 60:
        page.keyboard.press("Tab")
        name, seen = page.evaluate(FOCUSED)
        if name is None:
            break
        assert seen, name
        reached.append(name)

    assert reached[0] == "Skip to content"
    assert reached[1:4] == ["Predict", "Batch", "Model"]
    fields = ["Line", "Stops", "Cars", "Rain", "Express"]
    assert [name for name in reached if name in fields] == fields
    for name in ("Fill in an example", "Open the calendar for Departure", "Show log-odds"):
        assert name in reached
    assert len(reached) < 60


def test_what_if_by_keyboard_alone(trains: Running, visit: Visit) -> None:
    """A number is moved, the change undone and the scale switched without a mouse."""
    page = visit(trains.url)
    expect(page.get_by_test_id("result")).to_have_attribute("aria-busy", "false")
    before = page.get_by_label("Stops").input_value()
    page.get_by_label("Stops").focus()
    page.keyboard.press("PageDown")
    undo = page.get_by_role("button", name="Undo changes")
    expect(undo).to_be_visible()
    while not undo.evaluate("(button) => button === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Stops")).to_have_value(before)


def test_a_link_restores_the_form(trains: Running, visit: Visit) -> None:
    """The copied link opens the same form elsewhere and predicts it, none of it sent as a path."""
    page = visit(trains.url)
    page.get_by_label("Rain", exact=True).fill("12.5")
    page.get_by_label("Cars").fill("")
    predict(page)
    expect(page.get_by_test_id("result")).to_have_attribute("aria-busy", "false")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")

    other = visit(trains.url, link.removeprefix(trains.url))

    expect(other.get_by_test_id("probability")).to_have_text(probability(page))
    expect(other.get_by_label("Rain", exact=True)).to_have_value("12.5")
    expect(other.get_by_label("Cars")).to_have_value("")


def test_a_file_is_predicted(trains: Running, visit: Visit, tmp_path: Path) -> None:
    """A CSV gives predictions by row as the service does, problems by row, and a file of both."""
    row = trains.example()
    lines = [dict(row), {**row, "rain": -1}, {**row, "stops": None, "remark": "x"}, dict(row)]
    path = tmp_path / "trains.csv"
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, [*row, "remark"])
        writer.writeheader()
        writer.writerows(lines)
    page = visit(trains.url, "/#/batch")

    page.get_by_label("Choose a CSV file").set_input_files(path)

    expect(page.get_by_role("heading", name="The file has been predicted")).to_be_focused()
    expect(page.get_by_text("Left out, as the model does not know it: remark.")).to_be_visible()
    problems = page.get_by_role("group", name="Refused rows").get_by_role("row")
    expect(problems).to_have_count(3)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download predictions").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert download.value.suggested_filename == "trains-predictions.csv"
    assert float(rows[0]["probability"]) == answer_of(trains, row)["probability"]
    assert [bool(row["errors"]) for row in rows] == [False, True, True, False]
    assert rows[2]["remark"] == "x"


def test_the_file_that_a_spreadsheet_gave_is_predicted(
    trains: Running, visit: Visit, tmp_path: Path
) -> None:
    """Semicolons, decimal commas, German dates, names in capitals and yes/no are read, and said."""
    path = tmp_path / "excel.csv"
    lines = [
        "DEPARTURE;Line;Stops;Cars;Rain;Express",
        "31.01.2013 8:30;red;4;6;0,5;yes",
        "31.01.2013 9:30;red;4;6;9,5;no",
        "31.01.2013 9:30;red",
    ]
    path.write_text("\n".join(lines))
    page = visit(trains.url, "/#/batch")

    page.get_by_label("Choose a CSV file").set_input_files(path)

    said = page.get_by_text("How the file was read").locator("..")
    expect(said).to_contain_text("DEPARTURE as departure")
    expect(said).to_contain_text("Decimal commas were read as points: rain.")
    expect(said).to_contain_text("Dates were read as day, month, year: departure.")
    expect(said).to_contain_text("Words such as yes and no were read as true and false: express.")
    refused = page.get_by_role("group", name="Refused rows")
    expect(refused).to_contain_text("The row has 2 cells, and the heading names 6 columns.")
    row = {"departure": "2013-01-31T08:30:00", "line": "red", "stops": 4, "cars": 6, "rain": 0.5}
    table = page.get_by_role("group", name="Rows with their predictions").get_by_role("row")
    first = _percent(answer_of(trains, {**row, "express": True})["probability"])
    expect(table.nth(1)).to_contain_text(first)
    expect(table.nth(3)).to_contain_text("refused")

    page.get_by_role("button", name="Order:").click()

    expect(table.nth(1)).to_contain_text("9,5")
    page.get_by_label("Show").select_option("Refused")
    expect(table).to_have_count(2)


def test_a_file_of_refused_rows_is_not_called_predicted(
    trains: Running, visit: Visit, tmp_path: Path
) -> None:
    """Where nothing was predicted nothing says so; the rows can be had with their errors."""
    row = {**trains.example(), "rain": -1}
    path = tmp_path / "refused.csv"
    path.write_text(f"{','.join(row)}\n{','.join(map(str, row.values()))}\n")
    page = visit(trains.url, "/#/batch")

    page.get_by_label("Choose a CSV file").set_input_files(path)

    expect(page.get_by_role("heading", name="No row could be predicted")).to_be_focused()
    expect(page.get_by_text("How the predictions are spread")).to_be_hidden()
    expect(page.get_by_role("columnheader", name="Probability")).to_be_hidden()
    expect(page.get_by_role("button", name="Download the rows with their errors")).to_be_visible()


def test_a_workbook_is_told_what_to_do(trains: Running, visit: Visit, tmp_path: Path) -> None:
    """An Excel workbook is not read as text: the page names the command that reads it."""
    path = tmp_path / "march trains.xlsx"
    path.write_bytes(b"PK\x03\x04 and so on")
    page = visit(trains.url, "/#/batch")

    page.get_by_label("Choose a CSV file").set_input_files(path)

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("This is an Excel workbook.")
    command = "kedro weekly score 'march trains.xlsx' 'march trains-predictions.csv'"
    expect(alert).to_contain_text(command)


def test_the_template_is_a_file_that_can_be_predicted(
    trains: Running, visit: Visit, tmp_path: Path
) -> None:
    """The template's rows are predicted as they are."""
    page = visit(trains.url, "/#/batch")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download a template").click()
    path = tmp_path / "template.csv"
    download.value.save_as(path)

    page.get_by_label("Choose a CSV file").set_input_files(path)

    expect(page.get_by_role("heading", name="The file has been predicted")).to_be_visible()
    expect(page.get_by_role("heading", name="Refused rows")).to_be_hidden()


def test_the_model_and_its_weeks_are_shown(trains: Running, visit: Visit) -> None:
    """The model page says what is in service and why, and opens any week's report."""
    page = visit(trains.url, "/#/model")
    expect(page.get_by_role("heading", name="late_trains")).to_be_visible()
    expect(page.get_by_text("Version 2 replaces version 1.").first).to_be_visible()
    weeks = page.get_by_role("list").filter(has=page.get_by_role("link", name="2013"))
    expect(weeks.get_by_role("link")).to_have_count(3)
    assert [text.split()[0] for text in weeks.get_by_role("link").all_inner_texts()] == [
        "WARN",
        "ACT",
        "OK",
    ]

    history = page.get_by_role("group", name="Versions in service").get_by_role("row")
    expect(history).to_have_count(3)
    expect(history.nth(1)).to_contain_text("Promoted, by the run of")
    expect(page.get_by_test_id("drift-words")).to_be_visible()

    page.get_by_role("link", name="ACT").click()

    expect(page.get_by_test_id("report-headline")).to_have_text(
        "Week 1 went its way; 210 rows predicted"
    )
    expect(page.get_by_text("Look at the slices.")).to_be_visible()
    page.get_by_text("The weeks as a table").click()
    scores = page.get_by_role("group", name="Expected and actual").get_by_role("row")
    expect(scores).to_have_count(3)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the full report").click()
    expect(opened.value.get_by_role("heading", level=1)).to_contain_text("week 1 went its way")


def _typical(service: Running) -> dict[str, Any]:
    with service.client() as client:
        properties = client.get("/schema").json()["properties"]
    return {name: part["x-typical"] for name, part in properties.items()}


def _signed(value: float, digits: int) -> str:
    return f"{'+' if value > 0 else '−'}{abs(value):.{digits}f}"  # noqa: RUF001 - a minus sign


def _percent(value: float) -> str:
    points = value * 100
    return f"{points:.1f}%" if points < 10 or points > 90 else f"{points:.0f}%"
