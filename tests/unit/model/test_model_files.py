from __future__ import annotations

import os
import threading

import pytest

from weekwise.model.model_files import quiet_transfers

SWITCH = "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"


@pytest.mark.parametrize("before", [None, "true"])
def test_bars_are_off_until_the_last_transfer_ends(
    before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transfer that ends in one thread lets no bar of another through."""
    if before is None:
        monkeypatch.delenv(SWITCH, raising=False)
    else:
        monkeypatch.setenv(SWITCH, before)
    begun, end, seen = threading.Event(), threading.Event(), []

    def first() -> None:
        with quiet_transfers():
            begun.set()
            end.wait(10)

    thread = threading.Thread(target=first)
    thread.start()
    begun.wait(10)
    with quiet_transfers():
        end.set()
        thread.join()
        seen.append(os.environ.get(SWITCH))
    seen.append(os.environ.get(SWITCH))

    assert seen == ["false", before]
