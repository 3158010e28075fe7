"""The service behind nginx and Caddy, with the configurations of the documentation."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

import proxies
from service_client import application
from trains_service import train, trains_model

pytestmark = pytest.mark.slow


@contextmanager
def behind(proxy: str, folder: Path) -> Iterator[int]:
    """The service behind a proxy; the proxy's port."""
    app, _ = application(trains_model())
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        with proxies.started(
            proxy, [server.servers[0].sockets[0].getsockname()[1]], folder, patience="1s"
        ) as port:
            yield port
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.mark.parametrize("proxy", ["nginx", "caddy"])
def test_behind(proxy: str, tmp_path: Path) -> None:
    """Predictions pass; large bodies and headers do not, nor do headers that never end."""
    with (
        behind(proxy, tmp_path) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        assert client.post("/v1/predict", json=train()).json()["model_version"] == "7"
        assert client.get("/schema").headers["x-model-version"] == "7"
        body = {"content": b" " * 17_000_000, "headers": {"content-type": "application/json"}}
        assert client.post("/v1/predict/batch", **body).status_code in {413, 502}
        assert client.get("/schema", headers={"X-Large": "x" * 80_000}).status_code in {400, 431}
        with socket.create_connection(("127.0.0.1", port), timeout=10) as slow:
            slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Sl")
            start = time.monotonic()
            while slow.recv(4096):
                pass
            assert time.monotonic() - start < 8
