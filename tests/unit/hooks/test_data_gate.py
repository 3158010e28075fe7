from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ibis
import pandas as pd
import pytest
import yaml
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from kedro.runner import SequentialRunner, ThreadRunner

import parcels
from weekwise.contract.model import Contract
from weekwise.errors import ContractError, DataGateError
from weekwise.hooks.data_gate import DataGateHook
from weekwise.paths import DataFolder
from weekwise.quality import gate as gate_run
from weekwise.quality import table_check
from weekwise.quality.gate_result import GateResult, GateStatus

AS_OF = "2020-01-06"


class Config(dict[str, Any]):
    """What the hook asks of Kedro's configuration loader."""

    environments = ("orders", "mine")

    def __init__(self, conf_source: Path, data: str) -> None:
        super().__init__(globals={"data": data})
        self.conf_source = str(conf_source)


class Project:
    """A project of one table, run with the gate's hook and nothing else of Kedro's session.

    Attributes:
        folder: Its folder.
        catalog: Parcels, and a place for quarantined rows.
        seen: What each node was given, in any order.
        data: The data folder, as `globals.yml` names it.
        as_of: The run's logical date.
    """

    def __init__(self, folder: Path, data: Any, contract: Contract | None = None) -> None:
        self.folder = folder
        self.seen: list[Any] = []
        self.data = "data"
        self.as_of: Any = AS_OF
        self.write(contract or parcels.contract())
        self.catalog = DataCatalog(
            {
                "parcels": MemoryDataset(data, copy_mode="assign"),
                "quarantine": MemoryDataset(copy_mode="assign"),
            }
        )
        self.hook = DataGateHook()
        self.manager = _create_hook_manager()
        self.manager.register(self.hook)

    def write(self, contract: Contract) -> None:
        """Put a contract where the hook looks."""
        path = self.folder / "conf" / "orders" / "contracts" / f"{contract.table}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        plain = contract.model_dump(mode="json", exclude_none=True)
        path.write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")

    def node(self, number: int = 0, dataset: str = "parcels") -> Node:
        """A node that remembers what it was given."""

        def look(data: Any) -> int:
            self.seen.append(data)
            return len(self.seen)

        return Node(look, inputs=dataset, outputs=f"out_{number}", name=f"look_{number}")

    def run(self, nodes: list[Node] | None = None, runner: Any = None, run_id: str = "1") -> None:
        """One run, with the hooks in the order a session calls them."""
        hooks, pipeline = self.manager.hook, Pipeline(nodes or [self.node()])
        context = SimpleNamespace(
            config_loader=Config(self.folder / "conf", self.data),
            project_path=self.folder,
            params={"as_of": self.as_of},
        )
        hooks.after_context_created(context=context)
        hooks.after_catalog_created(
            catalog=self.catalog,
            conf_catalog={},
            conf_creds={},
            parameters={},
            save_version="",
            load_versions={},
        )
        facts = {"run_params": {"run_id": run_id}, "pipeline": pipeline, "catalog": self.catalog}
        hooks.before_pipeline_run(**facts)
        try:
            (runner or SequentialRunner()).run(pipeline, self.catalog, self.manager, run_id)
        except Exception as error:
            hooks.on_pipeline_error(error=error, **facts)
            raise
        hooks.after_pipeline_run(run_result={}, **facts)

    @property
    def verdict(self) -> dict[str, Any]:
        """The verdict as it was written down."""
        path = self.folder / "data" / "08_reporting" / AS_OF / "gate" / "parcels.json"
        plain: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return plain


@pytest.mark.parametrize(
    ("as_of", "folder"),
    [(AS_OF, AS_OF), (date.fromisoformat(AS_OF), AS_OF), (None, "undated")],
)
def test_a_result_is_in_its_weeks_folder(tmp_path: Path, as_of: Any, folder: str) -> None:
    """A date is text, a date, or not there at all, and the run is gated all the same."""
    project = Project(tmp_path, parcels.frame())
    project.as_of = as_of
    project.run()
    assert DataFolder(tmp_path / "data").week(folder).gate_result("parcels").exists()


def test_an_absolute_data_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    """WEEKWISE_DATA_DIR may point anywhere."""
    project = Project(tmp_path / "project", parcels.frame())
    project.data = str(tmp_path / "far")
    project.run()
    assert DataFolder(tmp_path / "far").week(AS_OF).gate_result("parcels").exists()


def test_a_saved_result_is_read_back_as_it_was(tmp_path: Path) -> None:
    """The file is the result itself, without single rows and Great Expectations' own evidence."""
    project = Project(tmp_path, parcels.changed("weight", {1: -1.0}))
    project.run()
    text = DataFolder(tmp_path / "data").week(AS_OF).gate_result("parcels").read_text("utf-8")
    result = GateResult.model_validate_json(text)
    assert (result.status, result.quarantined_rows) == (GateStatus.QUARANTINE, 1)
    assert result.failures[0].message == json.loads(text)["messages"][0]
    assert result.model_dump_json(indent=2) == text


@pytest.fixture
def validations(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The tables that were validated, one entry for each time."""
    done: list[str] = []

    def counted(frame: pd.DataFrame, contract: Contract, suite: Any, as_of: Any) -> Any:
        done.append(contract.table)
        return validate(frame, contract, suite, as_of)

    validate = table_check.validate
    monkeypatch.setattr(table_check, "validate", counted)
    return done


def test_a_good_table_reaches_its_node_untouched(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is copied or changed, and one line tells that the table was checked."""
    project = Project(tmp_path, parcels.frame())
    with caplog.at_level(logging.INFO, "weekwise"):
        project.run()
    assert project.seen[0] is project.catalog.load("parcels")
    assert project.verdict["status"] == "ok"
    lines = [
        record.message
        for record in caplog.records
        if record.message.startswith("parcels: ok (10 rows")
    ]
    assert len(lines) == 1


def test_a_bad_table_stops_the_run_before_its_node(tmp_path: Path) -> None:
    """No node sees it, nothing after is written, and the error tells everything."""
    project = Project(tmp_path, parcels.changed("number", {3: -1}).assign(new=1))
    with pytest.raises(DataGateError) as caught:
        project.run()
    assert project.seen == []
    assert not project.catalog.exists("out_0")
    assert not project.catalog.exists("quarantine")
    text = str(caught.value)
    assert "number: expected 1 to 9999, got -1" in text
    assert "got column new" in text
    assert str(tmp_path / "data" / "08_reporting" / AS_OF / "gate" / "parcels.json") in text
    assert project.verdict["status"] == "stop"
    assert DataFolder(tmp_path / "data").data_docs.exists()


def test_a_warning_is_logged_and_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Severity warn is told in the log, with its message."""
    project = Project(tmp_path, parcels.changed("pieces", {3: 0}))
    project.run()
    assert len(project.seen[0]) == 10
    warnings = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "pieces: expected 1 or more, got 0" in warnings[0]


def test_quarantined_rows_are_gone_for_every_node(tmp_path: Path) -> None:
    """Each node that uses the table sees it without them, and the rows are saved once."""
    project = Project(tmp_path, parcels.changed("weight", {3: -1.0, 5: 101.0}))
    project.run([project.node(number) for number in range(3)])
    assert [len(frame) for frame in project.seen] == [8, 8, 8]
    saved = project.catalog.load("quarantine")
    assert list(saved["row"]) == [3, 5]
    assert set(saved["as_of"]) == {date(2020, 1, 6)}
    assert saved["reasons"].iloc[0] == "weight: expected 0 to 100 kg"


def test_quarantined_rows_of_an_ibis_table_are_gone(tmp_path: Path) -> None:
    """A node that works in DuckDB gets an expression without the rows."""
    connection = ibis.duckdb.connect()
    frame = parcels.changed("weight", {3: -1.0})
    table = connection.create_table("parcels", ibis.memtable(frame)).cast({"day": "date"})
    project = Project(tmp_path, table)
    project.run([project.node(number) for number in range(2)])
    assert [table.count().execute() for table in project.seen] == [9, 9]
    assert all(table.get_backend() is connection for table in project.seen)


def test_a_large_table_is_checked_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its bad rows are quarantined alike, and the next run looks at what is new or changed."""
    monkeypatch.setattr(table_check, "PIECE_ROWS", 5)
    frame = parcels.changed("weight", {1: -1.0})
    connection = ibis.duckdb.connect()
    table = connection.create_table("parcels", ibis.memtable(frame)).cast({"day": "date"})
    project = Project(tmp_path, table)

    project.run(run_id="1")
    first = project.verdict
    project.run(run_id="2")

    assert (first["status"], first["rows"], first["looked_at"]) == ("quarantine", 10, None)
    (quarantined,) = project.catalog.load("quarantine")["key"]
    assert '"number": 2' in quarantined
    assert [seen.count().to_pyarrow().as_py() for seen in project.seen] == [9, 9]
    assert project.verdict["messages"] == first["messages"]
    # Of the ten days from Wednesday on, the first week has the bad row.
    assert project.verdict["looked_at"] == 5


def test_a_clean_run_of_the_same_week_empties_its_quarantine(tmp_path: Path) -> None:
    """Rows that were fixed leave; other tables' rows of that week stay, and so does the date."""
    project = Project(tmp_path, parcels.changed("weight", {3: -1.0}))
    project.run()
    other = project.catalog.load("quarantine").assign(table="boxes")
    both = pd.concat([project.catalog.load("quarantine"), other])
    project.catalog.save("quarantine", both)
    project.catalog["parcels"] = MemoryDataset(parcels.frame(), copy_mode="assign")
    project.run(run_id="2")
    saved = project.catalog.load("quarantine")
    assert list(saved["table"]) == ["boxes"]
    assert list(saved["as_of"]) == [date(2020, 1, 6)]


def test_a_project_without_a_quarantine_dataset_quarantines_all_the_same(tmp_path: Path) -> None:
    """Where the rows go is the catalog's to say; that they go is the contract's."""
    project = Project(tmp_path, parcels.changed("weight", {3: -1.0}))
    del project.catalog._datasets["quarantine"]
    project.run()
    assert len(project.seen[0]) == 9


def test_eight_threads_have_one_verdict(tmp_path: Path, validations: list[str]) -> None:
    """Whatever the number of nodes and threads, a table is checked once."""
    project = Project(tmp_path, parcels.changed("weight", {3: -1.0}, rows=2_000))
    project.run([project.node(number) for number in range(16)], ThreadRunner(max_workers=8))
    assert validations == ["parcels"]
    assert [len(frame) for frame in project.seen] == [1_999] * 16


def test_threads_that_check_different_tables_do_not_mix_them_up(tmp_path: Path) -> None:
    """Each of eight tables, checked at the same time, has the verdict of its own rows."""
    project = Project(tmp_path, parcels.frame())
    nodes = []
    for number in range(8):
        name = f"parcels_{number}"
        project.write(parcels.contract().model_copy(update={"table": name}))
        rows = 10 + number
        frame = parcels.changed("weight", dict.fromkeys(range(number), -1.0), rows=rows)
        project.catalog[name] = MemoryDataset(frame, copy_mode="assign")
        nodes.append(project.node(number, name))
    project.run(nodes, ThreadRunner(max_workers=8))
    gate = tmp_path / "data" / "08_reporting" / AS_OF / "gate"
    results = [json.loads((gate / f"parcels_{n}.json").read_text("utf-8")) for n in range(8)]
    assert [result["rows"] for result in results] == list(range(10, 18))
    assert [result["quarantined_rows"] for result in results] == list(range(8))
    saved = project.catalog.load("quarantine")
    assert saved["table"].value_counts().to_dict() == {f"parcels_{n}": n for n in range(1, 8)}


def test_a_retried_node_is_not_checked_again(tmp_path: Path, validations: list[str]) -> None:
    """A retry fires the hook again and gets the same verdict."""
    project = Project(tmp_path, parcels.changed("weight", {3: -1.0}))
    project.run()
    project.hook.before_pipeline_run({"run_id": "2"}, Pipeline([project.node(1)]))
    inputs = {"parcels": project.catalog.load("parcels")}
    for _ in range(3):
        clean = project.hook.before_node_run(project.node(1), project.catalog, inputs, "2")
        assert len(clean["parcels"]) == 9
    assert validations == ["parcels"] * 2


def test_a_retried_node_is_stopped_again(tmp_path: Path, validations: list[str]) -> None:
    """A stop stays a stop, without another look."""
    project = Project(tmp_path, parcels.frame(0))
    with pytest.raises(DataGateError):
        project.run()
    project.hook.before_pipeline_run({"run_id": "2"}, Pipeline([project.node(1)]))
    for _ in range(2):
        with pytest.raises(DataGateError, match="an empty table"):
            project.hook.before_node_run(
                project.node(1), project.catalog, {"parcels": parcels.frame(0)}, "2"
            )
    assert validations == ["parcels"] * 2


def test_a_check_that_broke_down_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault on the way to a verdict is no verdict, so a retry asks anew."""
    project = Project(tmp_path, parcels.frame())
    tries: list[int] = []

    def flaky(data: Any, contract: Contract) -> pd.DataFrame:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("the disk is gone")
        return in_key_order(data, contract)

    in_key_order = table_check.in_key_order
    monkeypatch.setattr(table_check, "in_key_order", flaky)
    with pytest.raises(OSError, match="the disk is gone"):
        project.run()
    project.run(run_id="2")
    assert project.verdict["status"] == "ok"


def test_a_waiting_thread_is_not_left_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the thread that checks fails, those that wait for it fail as well."""
    started, release = threading.Event(), threading.Event()
    errors: list[BaseException] = []

    def stuck(*_: Any) -> Any:
        started.set()
        release.wait(10)
        raise OSError("the disk is gone")

    monkeypatch.setattr(table_check, "in_key_order", stuck)
    project = Project(tmp_path, parcels.frame())
    gate = gate_run.GateRun({"parcels": parcels.contract()}, DataFolder(tmp_path))

    def ask() -> None:
        try:
            gate.replacement("parcels", parcels.frame(), project.catalog)
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    threads[0].start()
    assert started.wait(10)
    for thread in threads[1:]:
        thread.start()
    release.set()
    for thread in threads:
        thread.join(10)
    assert len(errors) == 3


def test_each_format_of_a_table_has_its_contract(tmp_path: Path) -> None:
    """`parcels@pandas` is parcels, whichever way the catalog loads it."""
    project = Project(tmp_path, parcels.frame())
    bad = MemoryDataset(parcels.frame(0), copy_mode="assign")
    project.catalog["parcels@pandas"] = bad
    with pytest.raises(DataGateError, match="an empty table"):
        project.run([project.node(0, "parcels@pandas")])


def test_every_contract_is_in_the_catalog(tmp_path: Path) -> None:
    """A node takes a contract as an input, like any dataset."""
    project = Project(tmp_path, parcels.frame())
    project.run([project.node(0, "parcels_contract")])
    (contract,) = project.seen
    assert contract is project.catalog.load("parcels_contract")
    assert (contract.table, list(contract.columns)) == ("parcels", list(parcels.COLUMNS))


def test_a_wrong_expectation_fails_before_any_data_is_read(tmp_path: Path) -> None:
    """Suites are built when the run starts, so nothing is loaded for a contract that is wrong."""
    project = Project(
        tmp_path, parcels.frame(), parcels.contract(expectations=[{"expectation": "expect_x"}])
    )
    with pytest.raises(ContractError, match="no expectation expect_x"):
        project.run()
    assert project.seen == []


def test_an_environments_contract_replaces_that_of_the_one_it_extends(tmp_path: Path) -> None:
    """The same table may have other limits in an environment that extends another."""
    project = Project(tmp_path, parcels.changed("number", {3: 10_000}))
    path = tmp_path / "conf" / "mine" / "contracts" / "parcels.yml"
    path.parent.mkdir(parents=True)
    wider = parcels.contract({"number": {"max": 20_000}})
    plain = wider.model_dump(mode="json", exclude_none=True)
    path.write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")
    project.run()
    assert len(project.seen) == 1


def test_a_run_without_checked_tables_builds_no_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a run does not even import Great Expectations."""
    monkeypatch.setattr(gate_run, "build_suite", lambda contract: pytest.fail(contract.table))
    project = Project(tmp_path, parcels.frame())
    project.catalog["other"] = MemoryDataset(1)
    project.run([project.node(0, "other")])
    assert not (tmp_path / "data").exists()


def test_results_that_cannot_be_published_do_not_hide_the_runs_own_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk under Data Docs is told of in the log; the verdict is what the user sees."""

    def full(*_: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(gate_run, "publish", full)
    project = Project(tmp_path, parcels.frame(0))
    with pytest.raises(DataGateError, match="an empty table"):
        project.run()
    assert "could not be published" in caplog.text


def test_results_and_suites_are_logged_to_the_active_mlflow_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The MLflow run of a weekly run has the gate's JSON beside its model."""
    logged: list[tuple[str, str]] = []
    mlflow = SimpleNamespace(
        active_run=object,
        log_artifact=lambda path, folder: logged.append((folder, Path(path).read_text("utf-8"))),
    )
    monkeypatch.setitem(gate_run.sys.modules, "mlflow", mlflow)
    Project(tmp_path, parcels.frame()).run()
    assert [folder for folder, _ in logged] == ["data_gate/results", "data_gate/suites"]
    assert all(json.loads(text) for _, text in logged)


def test_a_gated_run_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """No progress bar, notice or warning of Great Expectations reaches the terminal."""
    Project(tmp_path, parcels.frame()).run()
    out, err = capfd.readouterr()
    assert err == ""
    assert "Metrics" not in out
    assert "arning" not in out
