"""What the service has kept of its shadow, as a run's catalog has it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DatasetError

from weekwise.datasets.shadow_days import ShadowDaysDataset


def test_without_a_shadow(tmp_path: Path) -> None:
    """A service without a shadow has kept nothing, which is no fault of the run."""
    dataset = ShadowDaysDataset(filepath=str(tmp_path / "shadow"))

    assert dataset.exists()
    assert dataset.load().empty
    assert {"day", "version", "shadow", "rows"} <= set(dataset.load().columns)


def test_read_only(tmp_path: Path) -> None:
    """Only the service writes it."""
    with pytest.raises(DatasetError, match="written by the service"):
        ShadowDaysDataset(filepath=str(tmp_path)).save(pd.DataFrame())
