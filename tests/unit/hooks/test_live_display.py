from __future__ import annotations

import io
import itertools

import pytest
from rich.console import Console

from weekwise.hooks import live_display
from weekwise.hooks.live_display import LiveDisplay

SIZES = {"data_wrangling": 2, "model_training": 11}


class Screen:
    """A display on a terminal of 100 columns, and a clock that the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(live_display.time, "monotonic", lambda: self.now)
        file = io.StringIO()
        self.console = Console(file=file, width=100, force_terminal=True, color_system=None)
        self.display = LiveDisplay(self.console)

    def shown(self) -> list[str]:
        """What the display shows now, line by line."""
        console = Console(width=100, file=io.StringIO(), record=True)
        console.print(self.display._render())
        return [line.rstrip() for line in console.export_text().rstrip().splitlines()]

    def left(self) -> str:
        """All that has been written, with the codes that move the cursor."""
        return self.console.file.getvalue()  # type: ignore[attr-defined]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """A display that has not begun."""
    return Screen(monkeypatch)


def test_a_run_that_is_being_prepared(screen: Screen) -> None:
    """Before a run's nodes are known, one line says what it waits for."""
    assert len(screen.shown()) == 1
    assert "Preparing the run" in screen.shown()[0]


def test_stages_and_nodes(screen: Screen) -> None:
    """The nodes that are done are counted in all and by stage, in the order of the stages."""
    screen.display.show_stages(SIZES)
    screen.display.node_started("model_training", "plan_retraining")
    screen.display.node_completed("model_training", "plan_retraining", 0.1)
    screen.display.node_started("data_wrangling", "clean_feed")

    total, wrangling, training = screen.shown()
    assert "Node 1 of 13" in total
    assert wrangling.split()[:2] == ["Data", "wrangling"]
    assert "0/2" in wrangling
    assert wrangling.endswith("clean_feed")
    assert "1/11" in training
    assert training.endswith("0.1 s")


def test_long_nodes_show_their_time(screen: Screen) -> None:
    """A node shows its seconds once it takes long, and the longest stays when it is done."""
    screen.display.show_stages(SIZES)
    screen.display.node_started("model_training", "fit_challenger")
    screen.now = 4.2
    assert screen.shown()[2].endswith("4.2 s  fit_challenger 4.2 s")

    screen.display.node_completed("model_training", "fit_challenger", 4.2)
    screen.display.node_completed("model_training", "judge", 1.1)
    assert screen.shown()[2].endswith("5.3 s  fit_challenger 4.2 s")


def test_a_node_that_reports_progress_has_a_bar(screen: Screen) -> None:
    """The bar of a long node stands below the stages, and goes when the node is done."""
    screen.display.show_stages(SIZES)
    screen.display.node_started("model_training", "fit_challenger")
    screen.display.node_progressed("model_training", "fit_challenger", 120, 300)
    screen.now = 2.0

    bar = screen.shown()[3]
    assert bar.split()[0] == "fit_challenger"
    assert "120/300" in bar
    assert bar.endswith("2.0 s")

    screen.display.node_completed("model_training", "fit_challenger", 2.0)
    assert len(screen.shown()) == 3


def test_a_note_is_one_line_without_markup(screen: Screen) -> None:
    """The last line of the log stands in the first line; brackets in it are just brackets."""
    screen.display.show_stages(SIZES)
    screen.display.show_note("dest [/XXX] is new\nand more")

    assert screen.shown()[0].endswith("dest [/XXX] is new")
    assert len(screen.shown()) == 3


@pytest.mark.parametrize("word", ["failed", "stopped"])
def test_what_an_early_end_leaves(word: str, screen: Screen) -> None:
    """A run that fails or is interrupted leaves its stages, the node, and a visible cursor."""
    screen.display.start()
    screen.display.show_stages(SIZES)
    screen.display.node_started("data_wrangling", "clean_feed")
    screen.display.stop(word)

    assert f"{word}: clean_feed" in screen.left()
    assert "✗ Node 0 of 13" in screen.left()
    assert screen.left().rindex("\x1b[?25h") > screen.left().rindex("\x1b[?25l")
    assert screen.left().rstrip().endswith("0/11")


def test_a_run_that_never_began_leaves_nothing(screen: Screen) -> None:
    """A refused run's message stands alone."""
    screen.display.start()
    screen.display.stop("stopped")

    *_, last = screen.left().split("\x1b[2K")
    assert "Preparing" not in last


def test_threads(screen: Screen) -> None:
    """Nodes of several threads at once are all counted."""
    from concurrent.futures import ThreadPoolExecutor

    screen.display.show_stages({"a": 100, "b": 100})
    screen.display.start()

    def work(pair: tuple[str, int]) -> None:
        stage, number = pair
        screen.display.node_started(stage, f"{stage}{number}")
        screen.display.node_progressed(stage, f"{stage}{number}", 1, 2)
        screen.shown()
        screen.display.node_completed(stage, f"{stage}{number}", 0.0)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, itertools.product("ab", range(100))))
    screen.display.stop("")

    assert screen.shown()[0].split()[:5] == ["✓", "Node", "200", "of", "200"]
    assert ["100/100" in line for line in screen.shown()[1:]] == [True, True]
