"""The figures of the capacity page: what was measured once, and what follows from it.

A figure is changed here when it is measured anew; the page and its tables follow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from _reference.markdown import joined, table

WEEK_SECONDS = 7 * 24 * 3600
MILLION = 1_000_000
UTILIZATION = 0.6
"""What a core may be busy on average; the autoscaler's target in `deploy/kubernetes`."""


@dataclass(frozen=True)
class Measured:
    """What was measured, on two cores of a machine that others used too.

    Attributes:
        request_us: CPU of a request in microseconds, by how many connections ask a
            worker at once.
        worker_mb: Memory that a worker of the service has to itself.
        batch_rows: Rows of JSON a second in batches of 10,000, on one core.
        score_seconds: CPU of `kedro weekly score` for a million rows.
        small_run_seconds: CPU of the weekly run of a table with some thousand rows.
        small_run_gb: Its memory.
        run_rows: Rows of two feeds whose week was run, the smaller one and the larger one.
        run_seconds: Seconds of each, on two cores.
        run_gb: Memory of each.
        wrangling_seconds: Seconds of wrangling in each.
        store_bytes: The store's bytes for each row of the feed, its features included.
        week_mb: What a week leaves on disk: model, artifacts, reports.
        log_bytes: A request's line in the service's log.
    """

    request_us: dict[int, float] = field(default_factory=lambda: {1: 490, 8: 178, 64: 118})
    worker_mb: float = 206
    batch_rows: float = 166_000
    score_seconds: float = 1.9
    small_run_seconds: float = 18.5
    small_run_gb: float = 0.6
    run_rows: tuple[float, float] = (0.337 * MILLION, 3.4 * MILLION)
    run_seconds: tuple[float, float] = (72, 272)
    run_gb: tuple[float, float] = (1.6, 3.7)
    wrangling_seconds: tuple[float, float] = (14, 72)
    store_bytes: float = 75
    week_mb: float = 4
    log_bytes: float = 250

    def per_million(self, pair: tuple[float, float]) -> float:
        """What a further million rows adds to a stage."""
        return (pair[1] - pair[0]) / (self.run_rows[1] - self.run_rows[0]) * MILLION


MEASURED = Measured()


def figures(_project: Path) -> str:
    """The table of what was measured."""
    m = MEASURED
    rows = [
        *(
            (
                f"requests a second and core, {connections} at once",
                f"{_round(1e6 / us)} ({us:.0f} µs of CPU each)",
                "`serving_workers.py`",
            )
            for connections, us in m.request_us.items()
        ),
        ("memory of a worker", f"{m.worker_mb:.0f} MB of its own", "`serving_workers.py`"),
        (
            "rows of JSON a minute and core, in batches of 10,000",
            f"{_round(60 * m.batch_rows)}",
            "`serving.py`",
        ),
        (
            "rows of a file a minute and core",
            f"{_round(60 * MILLION / m.score_seconds)} ({m.score_seconds:g} s of CPU a million)",
            "`score_files.py`",
        ),
        (
            "a weekly run of some thousand rows",
            f"{m.small_run_seconds:.0f} s of CPU, {m.small_run_gb:g} GB",
            "the tutorial's orders",
        ),
        (
            "a new week on 3.4 million rows",
            f"{m.run_seconds[1]:.0f} s, {m.run_gb[1]:g} GB",
            "`scale.py`",
        ),
        (
            "each further million rows of history",
            f"{m.per_million(m.wrangling_seconds):.0f} s of wrangling; other stages are bounded",
            "`scale.py`",
        ),
        (
            "disk",
            f"{m.store_bytes:.0f} bytes a row of history, {m.week_mb:g} MB a week",
            "`du` after a run",
        ),
        ("a request's line in the log", f"{m.log_bytes:.0f} bytes", "its log"),
    ]
    return joined([table(("what", "measured", "by"), rows)])


def million_tables(_project: Path) -> str:
    """A million small tables, a run of each a week."""
    m = MEASURED
    cores = MILLION * m.small_run_seconds / WEEK_SECONDS
    rows = [
        ("runs a second", f"{MILLION / WEEK_SECONDS:.2f}"),
        ("cores for runs, spread over the week", f"{cores / UTILIZATION:.0f}"),
        ("memory of the runs at work", f"{cores / UTILIZATION * m.small_run_gb:.0f} GB"),
        ("disk a week", f"{MILLION * m.week_mb / 1e6:.0f} TB"),
        ("memory of the service, a worker each", f"{MILLION * m.worker_mb / 1e6:.0f} TB"),
        ("Prefect task runs a second, 42 a run", f"{42 * MILLION / WEEK_SECONDS:.0f}"),
    ]
    return joined([table(("a million tables take", ""), rows)])


def billion_rows(_project: Path) -> str:
    """One table of a billion rows."""
    m = MEASURED
    million = 1000
    wrangling = m.wrangling_seconds[1] + million * m.per_million(m.wrangling_seconds)
    rest = m.run_seconds[1] - m.wrangling_seconds[1]
    rows = [
        ("wrangling, two cores", f"{wrangling / 3600:.1f} hours"),
        ("the other stages of a new week", f"{rest / 60:.0f} minutes"),
        ("the store", f"{1e9 * m.store_bytes / 1e9:.0f} GB, and as much to spill to"),
        (
            "scoring all of it once, two cores",
            f"{million * m.score_seconds / 2 / 60:.0f} minutes",
        ),
    ]
    return joined([table(("a billion rows take", ""), rows)])


def many_requests(_project: Path) -> str:
    """Fifty thousand requests a second."""
    m = MEASURED
    asked = 50_000
    rows = []
    for connections in (64, 8):
        busy = asked * m.request_us[connections] / 1e6
        rows.append(
            (
                f"replicas of one core, {connections} connections each",
                f"{busy / UTILIZATION:.0f} ({busy:.1f} cores busy)",
            )
        )
    replicas = asked * m.request_us[64] / 1e6 / UTILIZATION
    rows += [
        ("their memory", f"{replicas * m.worker_mb / 1000:.1f} GB"),
        ("the log", f"{asked * m.log_bytes * 86_400 / 1e12:.1f} TB a day"),
    ]
    return joined([table(("50,000 requests a second take", ""), rows)])


def _round(number: float) -> str:
    """A number to two digits, as people say it."""
    digits = 10 ** max(len(str(int(number))) - 2, 0)
    value = round(number / digits) * digits
    return f"{value / MILLION:g} million" if value >= MILLION else f"{value:,.0f}"
