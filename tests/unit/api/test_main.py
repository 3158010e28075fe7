"""The application: its paths, methods and other origins."""

from __future__ import annotations

from pathlib import Path

import pytest

from service_client import problem_kind
from trains_service import trains_client


@pytest.mark.parametrize("path", ["/nothing", "/api/nothing", "/docs/nothing", "/assets/x.js"])
@pytest.mark.parametrize("folder", [".", "not-built"])
def test_unknown(path: str, folder: str, tmp_path: Path) -> None:
    """An unknown path is a problem, whether the app is built or not."""
    answer = trains_client(app_dir=tmp_path / folder).get(path)

    assert (answer.status_code, problem_kind(answer)) == (404, "not-found")


@pytest.mark.parametrize(("method", "path"), [("GET", "/predict"), ("DELETE", "/api/schema")])
def test_wrong_method(method: str, path: str) -> None:
    """A wrong method is a problem that says which are right."""
    answer = trains_client().request(method, path)

    assert (answer.status_code, problem_kind(answer)) == (405, "method-not-allowed")
    assert answer.headers["allow"] in {"POST", "GET"}


def test_cors() -> None:
    """Other origins may ask only where they are named."""
    origin = {"Origin": "https://example.org"}
    allowed = "access-control-allow-origin"

    assert allowed not in trains_client().get("/schema", headers=origin).headers
    named = trains_client(cors_origins="https://example.org")
    assert named.get("/schema", headers=origin).headers[allowed] == "https://example.org"
