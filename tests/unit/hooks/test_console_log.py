from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from kedro.logging import RichHandler
from rich.console import Console

import terminals
from weekwise.hooks.console_log import ConsoleLog, PlainHandler

LONG = "word " * 60
LOGGER = logging.getLogger("weekwise.test_console_log")


def root_with(handler: logging.Handler, monkeypatch: pytest.MonkeyPatch) -> logging.Handler:
    """Let a handler be the root logger's only one."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    monkeypatch.setattr(LOGGER, "level", logging.INFO)
    return handler


@pytest.fixture(params=[False, True], ids=["file", "terminal"])
def rich_handler(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RichHandler]:
    """Kedro's handler, on a file or on a terminal of 80 columns."""
    file = terminals.Terminal() if request.param else io.StringIO()
    console = Console(file=file, width=80, force_terminal=request.param)
    handler = RichHandler(console=console)
    root_with(handler, monkeypatch)
    yield handler
    logging.captureWarnings(False)


def written(handler: RichHandler) -> str:
    """What stands on the console."""
    return handler.console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_a_record_is_one_line_where_nobody_watches(rich_handler: RichHandler) -> None:
    """Elsewhere than on a terminal no line is wrapped, and each has time and level."""
    log = ConsoleLog(lambda _record: True)
    log.attach()
    LOGGER.warning("%s end", LONG)
    log.detach()

    lines = written(rich_handler).splitlines()
    if rich_handler.console.is_terminal:
        assert len(lines) > 3
    else:
        assert len(lines) == 1
        assert lines[0][8:] == f" WARNING {LONG} end"


def test_colors_that_are_asked_for_make_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """CI services set FORCE_COLOR, and yet nobody watches."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    handler = RichHandler(console=Console(file=io.StringIO()))
    root_with(handler, monkeypatch)
    log = ConsoleLog(lambda _record: True)
    log.attach()

    assert log.terminal is None
    assert isinstance(logging.getLogger().handlers[0], PlainHandler)
    log.detach()
    logging.captureWarnings(False)


def test_the_listener_decides(rich_handler: RichHandler) -> None:
    """What the listener takes is not shown, and after the run all is as it was."""
    log = ConsoleLog(lambda record: "secret" not in record.getMessage())
    log.attach()
    log.attach()
    LOGGER.info("secret one")
    LOGGER.info("shown")
    log.detach()
    log.detach()
    LOGGER.info("secret two")

    assert "secret one" not in written(rich_handler)
    assert written(rich_handler).count("shown") == 1
    assert written(rich_handler).count("secret two") == 1
    assert rich_handler in logging.getLogger().handlers
    assert rich_handler.filters == []
    assert not any(isinstance(h, PlainHandler) for h in logging.getLogger().handlers)


def test_other_handlers_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where logging is configured without Kedro's handler, as by Prefect, nothing changes."""
    handler = root_with(logging.StreamHandler(io.StringIO()), monkeypatch)
    log = ConsoleLog(lambda _record: False)
    log.attach()

    assert log.terminal is None
    assert logging.getLogger().handlers == [handler]
    assert handler.filters == []
    log.detach()
