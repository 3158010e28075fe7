"""What tests of whole runs share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import flows


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[flows.Server]:
    """A Prefect server of the tests' own."""
    with flows.running(tmp_path_factory.mktemp("prefect")) as made:
        yield made
