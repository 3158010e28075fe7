from __future__ import annotations

import io
import logging
import re
import time
import warnings
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog, MemoryDataset
from kedro.logging import RichHandler
from kedro.pipeline import Node, Pipeline, pipeline
from kedro.runner import AbstractRunner, SequentialRunner, ThreadRunner
from rich.console import Console

import terminals
from weekwise.hooks import node_progress
from weekwise.hooks.node_progress import NodeProgressHook, shown_progress

LOGGER = logging.getLogger("weekwise.test_node_progress")


class Run:
    """Runs pipelines with the hook, as a session would, on a console of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> None:
        file = terminals.Terminal() if terminal else io.StringIO()
        console = Console(file=file, width=120, force_terminal=terminal, color_system=None)
        self.file = file
        monkeypatch.setattr(logging.getLogger(), "handlers", [RichHandler(console=console)])
        logging.getLogger("kedro").setLevel(logging.WARNING)
        logging.getLogger("weekwise").setLevel(logging.INFO)
        self.hook = NodeProgressHook()
        self.manager = _create_hook_manager()
        self.manager.register(self.hook)

    def __call__(self, nodes: Pipeline, runner: AbstractRunner | None = None) -> str:
        """Run a pipeline; gives what stands on the console then."""
        catalog = DataCatalog({"seed": MemoryDataset(1)})
        arguments = {"run_params": {}, "pipeline": nodes, "catalog": catalog}
        self.manager.hook.before_pipeline_run(**arguments)
        try:
            (runner or SequentialRunner()).run(nodes, catalog, hook_manager=self.manager)
        except Exception as error:
            self.manager.hook.on_pipeline_error(error=error, **arguments)
            raise
        self.manager.hook.after_pipeline_run(run_result={}, **arguments)
        return self.text

    @property
    def text(self) -> str:
        """What has been written, without the codes that move the cursor."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.file.getvalue())


@pytest.fixture
def run(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A run that nobody watches, or with the parameter `terminal` one on a terminal."""
    loggers = [logging.getLogger(name) for name in ("kedro", "weekwise")]
    levels = [logger.level for logger in loggers]
    yield Run(monkeypatch, terminal=getattr(request, "param", None) == "terminal")
    logging.captureWarnings(False)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


on_terminal = pytest.mark.parametrize("run", ["terminal"], indirect=True)


def staged(**functions: Callable[..., Any]) -> Pipeline:
    """One stage `prepare` whose nodes all take the seed."""
    nodes = [
        Node(function, "seed", name, name=f"make_{name}") for name, function in functions.items()
    ]
    return pipeline(nodes, namespace="prepare", inputs={"seed"}, outputs=set(functions))


def test_a_line_a_node(run: Run) -> None:
    """Where nobody watches each node is one line, with its number, name and time."""
    lines = run(staged(a=abs, b=abs)).splitlines()

    assert [re.sub(r"\d\.\d s", "0.0 s", line[9:]) for line in lines] == [
        "INFO    node 1 of 2: prepare.make_a (0.0 s)",
        "INFO    node 2 of 2: prepare.make_b (0.0 s)",
    ]


def test_a_nodes_time_has_its_storing(run: Run) -> None:
    """A table is a query until it is stored, so the time of the storing is the node's."""

    class SlowDataset(MemoryDataset):
        """Takes its time."""

        def save(self, data: Any) -> None:
            time.sleep(0.3)
            super().save(data)

    nodes = staged(a=abs)
    catalog = DataCatalog({"seed": MemoryDataset(1), "a": SlowDataset()})
    run.manager.hook.before_pipeline_run(run_params={}, pipeline=nodes, catalog=catalog)
    SequentialRunner().run(nodes, catalog, hook_manager=run.manager)
    run.hook.close()

    (seconds,) = re.findall(r"make_a \((\d+\.\d) s\)", run.text)
    assert float(seconds) >= 0.3


def test_a_node_that_stores_nothing(run: Run) -> None:
    """A node without outputs is done when it has run, and one of several when all are stored."""
    nodes = Pipeline(
        [
            Node(lambda _seed: None, "seed", None, name="look"),
            Node(lambda seed: (seed, seed), "seed", ["x", "y"], name="split"),
        ]
    )
    assert sorted(line.split()[-3] for line in run(nodes).splitlines()) == ["look", "split"]


@pytest.mark.parametrize("run", ["file", "terminal"], indirect=True)
def test_threads(run: Run) -> None:
    """Under a runner with threads every node is counted once."""
    names = [f"t{number}" for number in range(24)]
    text = run(staged(**dict.fromkeys(names, abs)), ThreadRunner(max_workers=8))

    assert "ode 24 of 24" in text
    assert "25 of" not in text


@on_terminal
def test_warnings_stand_above_the_display(run: Run) -> None:
    """What is logged or warned of is kept, what only informs is a passing note."""

    def warn(seed: int) -> int:
        LOGGER.info("a passing note")
        LOGGER.warning("a lasting warning")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("a library's warning", UserWarning, stacklevel=1)
        return seed

    logging.captureWarnings(True)
    *_, end = run(staged(a=warn)).split("Node 1 of 1")

    text = run.text
    assert "a lasting warning" in text
    assert "a library's warning" in text
    assert "WARNING" in text
    assert "a passing note" not in end
    assert "1/1" in end
    assert text.index("a lasting warning") < text.rindex("Node 1 of 1")
    assert "node 1 of 1: prepare.make_a" not in text


@on_terminal
def test_the_bar_of_a_long_node(run: Run) -> None:
    """A record with `progress` moves the bar of the node in whose thread it is written."""
    shown: list[str] = []

    def fit(seed: int) -> int:
        LOGGER.info("Training: 3 of at most 7 trees.", extra={"progress": (3, 7)})
        display = run.hook._display
        assert display is not None
        console = Console(width=120, file=io.StringIO(), record=True)
        console.print(display._render())
        shown.append(console.export_text())
        return seed

    run(staged(a=fit, b=abs), ThreadRunner(max_workers=2))

    assert re.search(r"make_a .* 3/7 ", shown[0])
    assert "Training: 3 of at most 7 trees." in shown[0]


def test_progress_in_a_log_is_said_now_and_then(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that nobody watches has no line for each step, but a sign of life in a long node."""

    def fit(seed: int) -> int:
        for number in range(5):
            LOGGER.info("%d trees", number, extra={"progress": (number, 5)})
        monkeypatch.setattr(node_progress, "PROGRESS_SECONDS", 0.0)
        LOGGER.info("all trees", extra={"progress": (5, 5)})
        return seed

    text = run(staged(a=fit))

    assert "4 trees" not in text
    assert "all trees" in text


@on_terminal
def test_a_failing_node(run: Run) -> None:
    """A run that fails leaves the display with the node that failed, and no handler behind."""

    def fail(_seed: int) -> int:
        raise ZeroDivisionError("a bug")

    handlers = list(logging.getLogger().handlers)
    with pytest.raises(ZeroDivisionError):
        run(staged(a=fail))

    assert "failed: make_a" in run.text
    assert run.file.getvalue().rindex("\x1b[?25h") > run.file.getvalue().rindex("\x1b[?25l")
    assert logging.getLogger().handlers == handlers
    assert handlers[0].filters == []


def test_kedros_own_lines_are_enough(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Kedro's lines are shown, as with --verbose, there are no others of the same."""
    monkeypatch.setattr(node_progress, "settings", SimpleNamespace(HOOKS=(run.hook,)))

    with shown_progress(verbose=True):
        text = run(staged(a=abs))

    assert "Completed node: prepare.make_a" in text
    assert "node 1 of 1" not in text


@on_terminal
def test_an_interruption(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C calls no hook of Kedro's, and still the display ends and gives the cursor back."""
    monkeypatch.setattr(node_progress, "settings", SimpleNamespace(HOOKS=(run.hook,)))

    def interrupt(_seed: int) -> int:
        raise KeyboardInterrupt

    def command() -> None:
        with shown_progress():
            run(staged(a=interrupt))

    with pytest.raises(KeyboardInterrupt):
        command()

    assert "Preparing the run" in run.text

    assert "stopped: make_a" in run.text
    assert run.file.getvalue().rindex("\x1b[?25h") > run.file.getvalue().rindex("\x1b[?25l")
