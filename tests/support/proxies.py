"""nginx and Caddy before the service: the documented configurations, on plain HTTP."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from service_process import free_port

PROXIES = Path(__file__).parents[2] / "deploy" / "proxy"


@contextmanager
def started(
    name: str, services: Sequence[int], folder: Path, *, patience: str = "10s"
) -> Iterator[int]:
    """A proxy before services, which is stopped at the end; its port.

    Args:
        name: `nginx` or `caddy`; where it is not installed, the test is skipped.
        services: The services' ports on this machine.
        folder: Where its files go.
        patience: How long it waits for a client's headers and bodies.
    """
    if shutil.which(name, path="/usr/sbin:/usr/bin") is None:
        pytest.skip(f"{name} is not installed; run: make proxies")
    folder.mkdir(parents=True, exist_ok=True)
    command = {"nginx": _nginx, "caddy": _caddy}[name]
    port = free_port()
    with (folder / "log").open("wb") as log:
        proxy = subprocess.Popen(
            command(port, services, folder, patience),
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


def _nginx(port: int, services: Sequence[int], folder: Path, patience: str) -> list[str]:
    text = (PROXIES / "nginx.conf").read_text()
    text = re.sub(r"\n *ssl_.*", "", text).replace("443 ssl", f"127.0.0.1:{port}")
    (line,) = re.findall(r"^ *server 127.0.0.1:8000.*\n", text, re.MULTILINE)
    lines = [line.replace("8000", str(service)) for service in services]
    text = text.replace(line, "".join(lines)).replace("_timeout 10s", f"_timeout {patience}")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {paths}\n{text}\n}}"
    )
    return ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]


def _caddy(port: int, services: Sequence[int], folder: Path, patience: str) -> list[str]:
    (service,) = services
    text = (PROXIES / "Caddyfile").read_text().replace("127.0.0.1:8000", f"127.0.0.1:{service}")
    text = text.replace("weekwise.example", f"http://127.0.0.1:{port}").replace("10s", patience)
    text = text.replace("{\n\tservers", "{\n\tadmin off\n\tauto_https off\n\tservers", 1)
    (folder / "Caddyfile").write_text(text)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
