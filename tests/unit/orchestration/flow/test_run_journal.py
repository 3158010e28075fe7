from __future__ import annotations

from pathlib import Path

import pytest

from weekwise.orchestration.flow.run_journal import RunJournal, parameters_hash, read_journal
from weekwise.paths import DataFolder


def test_a_journal_survives_its_process(tmp_path: Path) -> None:
    """What is updated is read back, and nothing lies beside the journal and the lock."""
    data = DataFolder(tmp_path)
    started = RunJournal(as_of="2013-01-15", flow_run_id="a", parameters="b").write(data)

    updated = started.update(data, stages=("data_wrangling",), mlflow_run_id="c")

    assert read_journal(data) == updated
    assert updated.stages == ("data_wrangling",)
    assert [path.name for path in data.orchestration.iterdir()] == ["last_run.json"]


@pytest.mark.parametrize("text", [None, "", "{}", '{"as_of": "2013-'])
def test_without_a_readable_journal_there_is_nothing_to_resume(
    text: str | None, tmp_path: Path
) -> None:
    """A missing or broken journal is as good as none."""
    data = DataFolder(tmp_path)
    if text is not None:
        data.orchestration.mkdir()
        data.run_journal.write_text(text, "utf-8")
    assert read_journal(data) is None


def test_other_parameters_have_another_hash() -> None:
    """The order of parameters makes no difference, and a changed one does."""
    first = parameters_hash({"depth": 6, "as_of": "2013-01-15"})
    assert first == parameters_hash({"as_of": "2013-01-15", "depth": 6})
    assert first != parameters_hash({"as_of": "2013-01-15", "depth": 7})
