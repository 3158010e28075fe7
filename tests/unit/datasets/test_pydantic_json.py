from __future__ import annotations

from pathlib import Path

import pytest
from kedro.io import DataCatalog, DatasetError

from weekwise.analysis.selection import Dropped, Selection
from weekwise.datasets.pydantic_json import PydanticJSONDataset
from weekwise.errors import StoreError
from weekwise.features.week_hashes import WeekHashes

SELECTION = Selection(selected=("a",), dropped=(Dropped(feature="b", reason="constant"),))


@pytest.fixture
def catalog(tmp_path: Path) -> DataCatalog:
    """A catalog of one typed file."""
    return DataCatalog.from_config(
        {
            "selection": {
                "type": "weekwise.datasets.atomic.AtomicDataset",
                "filepath": str(tmp_path / "made" / "selection.json"),
                "dataset": {
                    "type": "weekwise.datasets.pydantic_json.PydanticJSONDataset",
                    "model": "weekwise.analysis.selection.Selection",
                },
            }
        }
    )


def test_what_is_saved_is_loaded(catalog: DataCatalog) -> None:
    """A node gets the model that another one gave, and no plain data."""
    assert not catalog.exists("selection")

    catalog.save("selection", SELECTION)

    assert catalog.load("selection") == SELECTION
    assert catalog.exists("selection")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "Invalid JSON"),
        ('{"selected": ["a"]', "Invalid JSON"),
        ('{"selected": ["a"]}', "dropped: Field required"),
        ('{"selected": ["a"], "dropped": [], "odd": 1}', "odd: Extra inputs are not permitted"),
    ],
    ids=["empty", "cut off", "a field is missing", "a field too many"],
)
def test_a_file_that_is_something_else(
    text: str, fault: str, catalog: DataCatalog, tmp_path: Path
) -> None:
    """A broken file is one line: which file, what it should be, what is wrong, what to do."""
    catalog.save("selection", SELECTION)
    (tmp_path / "made" / "selection.json").write_text(text)

    with pytest.raises((StoreError, DatasetError)) as caught:
        catalog.load("selection")

    error: BaseException = caught.value
    while not isinstance(error, StoreError):
        assert error.__cause__ is not None
        error = error.__cause__
    assert "selection.json holds no Selection" in str(error)
    assert fault in str(error)
    assert "run its week again" in str(error)


@pytest.mark.parametrize("held", [None, "{", '{"rules": 5}'])
def test_what_a_run_finds_out_again_may_be_lost(held: str | None, tmp_path: Path) -> None:
    """An empty model stands for a file that is absent, cut off or of something else."""
    file = tmp_path / "week_hashes.json"
    if held is not None:
        file.write_text(held, encoding="utf-8")
    model = "weekwise.features.week_hashes.WeekHashes"

    dataset = PydanticJSONDataset(filepath=str(file), model=model, renewable=True)

    assert dataset.exists()
    assert dataset.load() == WeekHashes()
