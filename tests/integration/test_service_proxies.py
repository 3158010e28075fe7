"""The service behind nginx and Caddy, with the configurations of the documentation."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from service_client import application
from service_process import free_port
from trains_service import train, trains_model

pytestmark = pytest.mark.slow
PROXIES = Path(__file__).parents[2] / "deploy" / "proxy"


def nginx(port: int, service: int, folder: Path) -> list[str]:
    """The command of nginx, with the documented server on plain HTTP."""
    text = (PROXIES / "nginx.conf").read_text()
    text = re.sub(r"\n *ssl_.*", "", text).replace("443 ssl", f"127.0.0.1:{port}")
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{service}")
    text = text.replace("_timeout 10s", "_timeout 1s")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {paths}\n{text}\n}}"
    )
    return ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]


def caddy(port: int, service: int, folder: Path) -> list[str]:
    """Caddy's command, with the documented site on plain HTTP."""
    text = (PROXIES / "Caddyfile").read_text().replace("127.0.0.1:8000", f"127.0.0.1:{service}")
    text = text.replace("weekwise.example", f"http://127.0.0.1:{port}").replace("10s", "1s")
    text = text.replace("{\n\tservers", "{\n\tadmin off\n\tauto_https off\n\tservers", 1)
    (folder / "Caddyfile").write_text(text)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


@contextmanager
def behind(command: Callable[[int, int, Path], list[str]], folder: Path) -> Iterator[int]:
    """The service behind a proxy; the proxy's port."""
    app, _ = application(trains_model())
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = free_port()
    arguments = command(port, server.servers[0].sockets[0].getsockname()[1], folder)
    with (folder / "log").open("wb") as log:
        proxy = subprocess.Popen(
            arguments,
            stdout=log,
            stderr=log,
            env={"HOME": str(folder), "PATH": "/usr/sbin:/usr/bin"},
        )
        try:
            end = time.monotonic() + 20
            while time.monotonic() < end and proxy.poll() is None:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            assert proxy.poll() is None, (folder / "log").read_text()
            yield port
        finally:
            proxy.terminate()
            proxy.wait(10)
            server.should_exit = True
            thread.join(10)


@pytest.mark.parametrize("command", [nginx, caddy])
def test_behind(command: Callable[[int, int, Path], list[str]], tmp_path: Path) -> None:
    """Predictions pass; large bodies and headers do not, nor do headers that never end."""
    if shutil.which(command.__name__, path="/usr/sbin:/usr/bin") is None:
        pytest.skip(f"{command.__name__} is not installed; run: make proxies")
    with (
        behind(command, tmp_path) as port,
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
