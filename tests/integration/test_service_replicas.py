"""Several replicas behind the documented nginx: whatever happens to one, no request fails."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import model_stores
import proxies
import service_process
from asking import Asking
from model_stores import TRAINS, Store
from service_process import Running

pytestmark = pytest.mark.slow


@dataclass
class Replicas:
    """Replicas of the service, each on a port of its own that it keeps when it is started anew.

    Attributes:
        uri: MLflow's.
        folder: Where each has a folder.
        ports: Their ports.
        running: The process on each port.
    """

    uri: str
    folder: Path
    ports: list[int]
    running: dict[int, Running] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    @contextmanager
    def started(self) -> Iterator[None]:
        """Run them all while the block runs."""
        with self._stack:
            for port in self.ports:
                self.start(port)
            for replica in self.running.values():
                replica.wait_ready()
            yield

    def start(self, port: int) -> None:
        """Start the one of a port, without waiting for it."""
        folder = self.folder / str(port)
        process = service_process.running(self.uri, folder, port=port, wait=False)
        self.running[port] = self._stack.enter_context(process)

    def wait_version(self, version: str) -> None:
        """Wait until a version is in service at all of them."""
        for replica in self.running.values():
            replica.wait_version(version)


@pytest.fixture
def replicas(tmp_path: Path) -> Iterator[tuple[Store, Replicas]]:
    """Two replicas on a store with two versions, the second of which is the champion."""
    store = model_stores.trains_store(model_stores.empty_store(tmp_path / "store"))
    ports = [service_process.free_port() for _ in range(2)]
    both = Replicas(store.uri, tmp_path / "replicas", ports)
    with both.started():
        yield store, both


def go_on(asking: Asking, answers: int = 50) -> None:
    """Wait until so many further requests were answered, or one failed."""
    enough, end = len(asking.versions) + answers, time.monotonic() + 60
    while len(asking.versions) < enough and not asking.failures:
        assert time.monotonic() < end, "no answers come"
        time.sleep(0.02)


def test_no_request_fails_whatever_happens_to_one_replica(
    replicas: tuple[Store, Replicas], tmp_path: Path
) -> None:
    """The champion changes, one replica after the other is restarted, one is killed under load."""
    store, both = replicas
    with proxies.started("nginx", both.ports, tmp_path / "nginx") as port:
        asking = Asking(f"http://127.0.0.1:{port}", both.running[both.ports[0]].example(), 8)
        with asking.under_way():
            go_on(asking)
            store.rollback(TRAINS)
            both.wait_version("1")
            store.promote(TRAINS, "2")
            both.wait_version("2")
            go_on(asking)
            assert asking.failures == [], "the champion changed"

            for replica in both.ports:
                both.running[replica].stop()
                both.start(replica)
                # nginx asks it before it has a model, too.
                both.running[replica].wait_live()
                go_on(asking)
                both.running[replica].wait_ready()
                go_on(asking)
            assert asking.failures == [], "they were restarted one after the other"

            both.running[both.ports[0]].process.kill()
            go_on(asking, 200)
            assert asking.failures == [], "one was killed"
    assert set(asking.versions) == {"1", "2"}
