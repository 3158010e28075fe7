"""What every request passes: limits, headers, internal errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from service_client import Client, application, problem_kind
from trains_service import train, trains_client, trains_model


class TestLimits:
    """Sizes and times."""

    @pytest.mark.parametrize("declared", [True, False])
    def test_body(self, declared: bool) -> None:
        """A body over the limit is refused, whether it says its size or not."""
        body = json.dumps(train() | {"line": "x" * 5000}).encode()

        async def parts() -> AsyncIterator[bytes]:
            for start in range(0, len(body), 500):
                yield body[start : start + 500]

        content = {"content": body if declared else parts()}
        headers = {"content-type": "application/json"}
        answer = trains_client(max_body_bytes=2000).post("/predict", headers=headers, **content)

        assert (answer.status_code, problem_kind(answer)) == (413, "too-large")

    def test_absurd_length(self) -> None:
        """A length of thousands of digits is too large, and no defect."""
        headers = {"content-type": "application/json", "content-length": "9" * 5000}
        answer = trains_client().request("POST", "/predict", headers=headers, content=b"{}")

        assert (answer.status_code, problem_kind(answer)) == (413, "too-large")

    def test_time(self) -> None:
        """A body that does not come in time is not waited for."""

        async def slowly() -> AsyncIterator[bytes]:
            yield b"{"
            await asyncio.sleep(5)

        headers = {"content-type": "application/json"}
        answer = trains_client(request_timeout_seconds=0.1).post(
            "/predict", content=slowly(), headers=headers
        )

        assert (answer.status_code, problem_kind(answer)) == (504, "timeout")


class TestHeaders:
    """What every answer carries."""

    @pytest.mark.parametrize(
        "path", ["/health/live", "/schema", "/nothing", "/docs", "/", "/metrics"]
    )
    def test_security(self, path: str) -> None:
        """Every answer has a content security policy without inline scripts or other hosts."""
        headers = trains_client().get(path).headers

        policy = dict(
            part.strip().partition(" ")[::2]
            for part in headers["content-security-policy"].split(";")
        )
        assert "unsafe-inline" not in policy.get("script-src", policy["default-src"])
        assert "http" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"

    @pytest.mark.parametrize(
        ("sent", "is_kept"), [("a-b.C_1", True), ("a b", False), ("x" * 65, False), ("é", False)]
    )
    def test_request_id(self, sent: str, is_kept: bool) -> None:
        """A plain id of the client's is kept; any other is replaced."""
        answer = trains_client().get("/health/live", headers={"X-Request-ID": sent.encode()})

        assert (answer.headers["x-request-id"] == sent) is is_kept
        assert answer.headers["x-request-id"]


class TestDefects:
    """What nobody thought of."""

    def test_says_nothing_of_the_inside(self, caplog: pytest.LogCaptureFixture) -> None:
        """A defect is an answer without a traceback or a path; the log has it under the id."""
        app, service = application(trains_model())
        service.predictions = None  # type: ignore[assignment]

        answer = Client(app).post("/predict", json=train())

        assert (answer.status_code, problem_kind(answer)) == (500, "internal")
        assert "Error" not in answer.text
        assert "/" not in answer.json()["detail"]
        assert answer.headers["x-request-id"] in caplog.text
