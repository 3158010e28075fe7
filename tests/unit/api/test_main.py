"""The application: its paths, methods and other origins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from service_client import problem_kind
from trains_service import trains_client


@pytest.mark.parametrize("path", ["/nothing", "/api/nothing", "/assets/x.js"])
@pytest.mark.parametrize("folder", [".", "not-built"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "PATCH"])
def test_unknown(path: str, folder: str, method: str, tmp_path: Path) -> None:
    """An unknown path is a problem for every method, whether the app is built or not."""
    answer = trains_client(app_dir=tmp_path / folder).request(method, path)

    assert (answer.status_code, problem_kind(answer)) == (404, "not-found")


@pytest.mark.parametrize(("method", "path"), [("GET", "/predict"), ("DELETE", "/api/schema")])
def test_wrong_method(method: str, path: str) -> None:
    """A wrong method is a problem that says which are right."""
    answer = trains_client().request(method, path)

    assert (answer.status_code, problem_kind(answer)) == (405, "method-not-allowed")
    assert answer.headers["allow"] in {"OPTIONS, POST", "GET, HEAD, OPTIONS"}


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/predict", "OPTIONS, POST"),
        ("/schema", "GET, HEAD, OPTIONS"),
        ("/health/live", "GET, HEAD, OPTIONS"),
        ("/", "GET, HEAD, OPTIONS"),
    ],
)
def test_head_and_options(path: str, allowed: str) -> None:
    """Every path says what it allows, and what can be read has a head."""
    client = trains_client()
    options = client.request("OPTIONS", path)
    assert (options.status_code, options.headers["allow"]) == (204, allowed)

    head = client.request("HEAD", path)
    assert head.content == b""
    if "HEAD" in allowed:
        assert (head.status_code, head.headers["content-type"]) == (
            200,
            client.get(path).headers["content-type"],
        )
    else:
        assert head.status_code == 405


@pytest.mark.parametrize("prefix", ["/v1", "/api", "/api/v1"])
@pytest.mark.parametrize("path", ["/schema", "/health/ready", "/openapi.json", "/docs"])
def test_prefixes(prefix: str, path: str) -> None:
    """Every route is there under the version and under the app's prefix, and counted as one."""
    client = trains_client()
    answer = client.get(f"{prefix}{path}")

    assert answer.status_code == 200
    assert answer.content == client.get(path).content
    if path == "/schema":
        assert 'route="/schema"' in client.get("/metrics").text
        assert f'route="{prefix}' not in client.get("/metrics").text


def test_hosts() -> None:
    """Without keys, a name elsewhere that points here is refused; a set name is not."""

    def asked(host: str, **settings: Any) -> int:
        client = trains_client(**settings)
        return client.get("/schema", headers={"host": host, "x-api-key": "one"}).status_code

    own = {"allowed_hosts": ""}
    assert asked("localhost:8000", **own) == asked("127.0.0.1", **own) == asked("[::1]:9", **own)
    assert asked("localhost:8000", **own) == asked("LOCALHOST:", **own) == 200
    assert asked("::1", **own) == asked("localhost:8000:1", **own) == asked(":80", **own) == 421
    assert asked("evil.example", **own) == asked("", **own) == asked("localhost.evil:80", **own)
    assert asked("evil.example", **own) == 421
    two = [("host", "localhost"), ("host", "evil.example")]
    assert trains_client(**own).get("/schema", headers=two).status_code == 421
    assert asked("weekwise.example:8000", allowed_hosts="weekwise.example") == 200
    assert asked("weekwise.example", allowed_hosts="", keys="one") == 200


def test_gzip() -> None:
    """Long answers come with gzip where the client takes it."""
    client = trains_client()

    assert client.get("/openapi.json").headers["content-encoding"] == "gzip"
    plain = client.get("/openapi.json", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == client.get("/openapi.json").json()


def test_cors() -> None:
    """Other origins may ask only where they are named."""
    origin = {"Origin": "https://example.org"}
    allowed = "access-control-allow-origin"

    assert allowed not in trains_client().get("/schema", headers=origin).headers
    named = trains_client(cors_origins="https://example.org")
    assert named.get("/schema", headers=origin).headers[allowed] == "https://example.org"
