"""The web app while the service changes under it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

import model_stores
import service_process
from browsing import Visit
from model_stores import PARCELS, TRAINS, Store
from service_process import Running

pytestmark = pytest.mark.slow


def test_the_app_comes_alive_with_the_first_model(visit: Visit, tmp_path: Path) -> None:
    """Without a model the app says what to do, and needs no reload once there is one."""
    store = model_stores.empty_store(tmp_path / "store")
    with service_process.running(store.uri, tmp_path / "serving", wait=False) as running:
        running.wait_live()
        page = visit(running.url)
        expect(page.get_by_role("heading", name="No model is in service yet")).to_be_visible()
        expect(page.locator("pre")).to_have_text("make run", timeout=120_000)

        model_stores.parcels_store(store)

        expect(page.get_by_role("heading", name="Predict", exact=True)).to_be_visible(
            timeout=120_000
        )


def test_a_new_champion_is_seen(own_trains: Store, visit: Visit, tmp_path: Path) -> None:
    """After a rollback the page says so, and what it predicts next is the other version's."""
    with service_process.running(own_trains.uri, tmp_path / "serving") as running:
        page = visit(running.url)
        page.get_by_role("button", name="Predict", exact=True).click()
        expect(page.get_by_test_id("version")).to_have_text("2")

        own_trains.rollback(TRAINS)
        running.wait_version("1")
        page.get_by_role("button", name="Predict", exact=True).click()

        expect(page.get_by_test_id("version")).to_have_text("1")
        notice = page.get_by_text("Version 1 replaced version 2.")
        expect(notice).to_be_visible()
        expect(page.get_by_role("link", name="version 1")).to_be_visible()
        page.get_by_role("button", name="Dismiss").click()
        expect(notice).to_be_hidden()
        page.get_by_role("link", name="Model", exact=True).click()
        history = page.get_by_role("group", name="Versions in service")
        expect(history.get_by_role("row").nth(1)).to_contain_text("Rolled back by a person")
        expect(history.get_by_role("row").nth(1)).to_contain_text("a test asks for it")


def test_a_key_is_asked_for(trains_base: Store, visit: Visit, tmp_path: Path) -> None:
    """With keys set the app asks for one, refuses a wrong one, and works with a right one."""
    settings = {"KEYS": "right-key-of-some-length"}
    with service_process.running(trains_base.uri, tmp_path, settings=settings) as running:
        page = visit(running.url)
        key = page.get_by_label("API key")
        key.fill("wrong-key")
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text("This key is not valid.")).to_be_visible()

        key.fill("right-key-of-some-length")
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Predict", exact=True).click()

        expect(page.get_by_test_id("result")).to_have_attribute("aria-busy", "false")
        page.get_by_role("link", name="Model", exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Save the full report").click()
        assert "week 2 went its way" in download.value.path().read_text()


def test_another_table_needs_no_other_app(parcels: Running, visit: Visit) -> None:
    """A model of parcels, with dates, flags and open choices, has its own form."""
    page = visit(parcels.url)
    page.get_by_label("Weight").fill("99")
    carrier = page.get_by_label("Carrier")
    carrier.fill("zeppelin")
    page.get_by_role("option", name="zeppelin").click()
    page.get_by_role("button", name="Predict", exact=True).click()

    expect(page.get_by_test_id("result")).to_contain_text("Use with caution")
    expect(page.get_by_role("link", name=PARCELS).first).to_be_visible()


def test_what_follows_from_other_fields_fills_itself(visit: Visit, tmp_path: Path) -> None:
    """A derived feature is shown with what it follows from, and follows each change."""
    store = model_stores.rain_per_car_store(model_stores.empty_store(tmp_path / "store"))
    with service_process.running(store.uri, tmp_path) as running:
        page = visit(running.url)
        page.get_by_label("Rain", exact=True).fill("9")
        page.get_by_label("Cars").fill("6")

        computed = page.get_by_role("region", name="Computed")
        expect(computed).to_contain_text("From Cars, Rain.")
        expect(computed.get_by_label("Rain for each car")).to_have_text("1.5")


def test_a_service_that_is_gone_is_told(trains_base: Store, visit: Visit, tmp_path: Path) -> None:
    """What is on the page stays when the service ends, and a line says so."""
    with service_process.running(trains_base.uri, tmp_path) as running:
        page = visit(running.url)
        page.get_by_role("button", name="Predict", exact=True).click()
        expect(page.get_by_test_id("result")).to_have_attribute("aria-busy", "false")

        running.stop()
        page.get_by_label("Stops").fill("9")

        expect(page.get_by_text("The service does not answer.").first).to_be_visible()
        expect(page.get_by_test_id("result")).to_be_visible()
