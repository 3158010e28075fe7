"""Health, before the first champion."""

from __future__ import annotations

from service_client import client_of, problem_kind


def test_health() -> None:
    """The process lives and is not ready; its documents are there."""
    asked = client_of(None)

    assert asked.get("/health/live").json() == {"status": "alive"}
    assert problem_kind(asked.get("/health/ready")) == "no-model"
    assert asked.get("/openapi.json").status_code == 200
    assert asked.get("/metrics").status_code == 200
