"""Before the first champion."""

from __future__ import annotations

import pytest

from service_client import client_of, problem_kind
from trains_service import POSTS


@pytest.mark.parametrize("path", ["/predict", "/explain", "/predict/batch", "/schema", "/model"])
def test_says_what_to_do(path: str) -> None:
    """Whatever needs a model is answered with what to do, and when to ask again."""
    asked = client_of(None)
    body = {"json": {}} if path in POSTS else {}
    answer = asked.request("POST" if path in POSTS else "GET", path, **body)

    assert (answer.status_code, problem_kind(answer)) == (503, "no-model")
    assert answer.headers["retry-after"]
