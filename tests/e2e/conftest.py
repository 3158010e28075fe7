"""A browser for the tests of the web app, and services for it to look at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

import model_stores
import service_process
from browsing import Scheme, Visit, Watched
from model_stores import Store
from service_process import Running
from weekly_reports import log_reports
from weekwise.reports.finding import Status

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
IS_FIREFOX = os.environ.get("WEEKWISE_BROWSER") == "firefox"
"""Firefox in place of Chromium, by WebDriver BiDi; it knows no permissions of the clipboard."""
# Machines that run several tests at once take their time.
expect.set_options(timeout=45_000)
APP = service_process.PROJECT / "frontend" / "dist" / "index.html"


def _missing(what: str) -> NoReturn:
    """Leave a test out where something cannot be had; continuous integration must have it."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


# Not for the session: Playwright keeps an event loop running in this thread as long as it lives,
# and a test of the service that comes later in the same process could not start its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or the Firefox of this machine where that is asked for."""
    names = ("firefox", "firefox-esr") if IS_FIREFOX else BROWSERS
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        _missing(f"there is no {names[0]}; of Chromium: make browser")
    if not APP.exists():
        _missing("the web app is not built; build it with: make frontend")
    with sync_playwright() as playwright:
        if IS_FIREFOX:
            launched = playwright.firefox.launch(executable_path=path, channel="moz-firefox")
        else:
            launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens the app in a fresh browser profile; fails if it asks another host or complains."""
    opened: list[tuple[str, Watched]] = []

    def open_page(
        url: str,
        route: str = "/",
        *,
        width: int = 1280,
        height: int = 900,
        scheme: Scheme = "light",
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
            permissions=[] if IS_FIREFOX else ["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(45_000)
        opened.append((url, Watched(context)))
        page = context.new_page()
        page.goto(f"{url}{route}")
        return page

    yield open_page
    for url, watched in opened:
        watched.context.close()
        elsewhere = [
            url_asked
            for url_asked in watched.asked
            if not url_asked.startswith((url, "data:", "blob:"))
        ]
        assert elsewhere == []
        assert watched.said == []


@pytest.fixture(scope="session")
def trains_base(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two versions of a model of trains, the second in service, and three weekly reports."""
    store = model_stores.trains_store(model_stores.empty_store(tmp_path_factory.mktemp("trains")))
    log_reports(store, (Status.OK, Status.ACT, Status.WARN))
    return store


def unchanged(store: Store, folder: Path) -> AbstractContextManager[Running]:
    """A service that looks for another model once a minute: several live as long as all tests."""
    return service_process.running(store.uri, folder, settings={"POLL_SECONDS": "60"})


@pytest.fixture(scope="session")
def trains(trains_base: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service of trains; tests leave it as it is."""
    with unchanged(trains_base, tmp_path_factory.mktemp("serving")) as running:
        yield running


@pytest.fixture
def own_trains(trains_base: Store, tmp_path: Path) -> Store:
    """A store of trains that a test may change."""
    return trains_base.copy_to(tmp_path / "store")


@pytest.fixture(scope="session")
def parcels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service of another table; tests leave it as it is."""
    folder = tmp_path_factory.mktemp("parcels")
    store = model_stores.parcels_store(model_stores.empty_store(folder / "store"))
    with unchanged(store, folder / "serving") as running:
        yield running


@pytest.fixture(scope="session")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service of a model that predicts classes; tests leave it as it is."""
    folder = tmp_path_factory.mktemp("faults")
    store = model_stores.faults_store(model_stores.empty_store(folder / "store"))
    with unchanged(store, folder / "serving") as running:
        yield running


@pytest.fixture(scope="session")
def delays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service of a model that predicts numbers; tests leave it as it is."""
    folder = tmp_path_factory.mktemp("delays")
    store = model_stores.delays_store(model_stores.empty_store(folder / "store"))
    with unchanged(store, folder / "serving") as running:
        yield running
