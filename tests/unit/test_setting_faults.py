from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from kedro.pipeline import Node, Pipeline
from pydantic import Field

from weekwise.configuration import EnvironmentConfigLoader, load_configuration
from weekwise.contract.frozen import Frozen
from weekwise.errors import ConfigurationError
from weekwise.setting_faults import SettingFault, check_settings, setting_faults


class Fit(Frozen):
    """Settings inside others."""

    depth: int = Field(default=6, le=12)
    country: str | None = None


class Training(Frozen):
    """Settings of one group."""

    holdout_days: int = Field(default=14, ge=1)
    fit: Fit = Fit()


class Gate(Frozen):
    """Settings of another group."""

    margin: float = 0.0


def train(training: Training, gate: Gate) -> int:
    """A node that takes both groups."""
    return training.holdout_days + int(gate.margin)


PIPELINE = Pipeline(
    [Node(train, ["params:training", "params:gate"], "made", name="train")],
    parameters={"params:training", "params:gate"},
)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Writes files of an environment, and gives its configuration."""

    def written(
        runtime: dict[str, Any] | None = None, **files: dict[str, Any]
    ) -> EnvironmentConfigLoader:
        base = {"globals": {"data": "data", "registered_model": "m"}, "parameters": {"seed": 1}}
        for layer, content in (("base", base), ("orders", files), ("local", {})):
            folder = tmp_path / "conf" / layer
            folder.mkdir(parents=True, exist_ok=True)
            for name, said in content.items():
                (folder / f"{name}.yml").write_text(yaml.safe_dump(said), "utf-8")
        return load_configuration(tmp_path / "conf", "orders", runtime)

    monkeypatch.chdir(tmp_path)
    return written


def faults(loader: EnvironmentConfigLoader) -> list[str]:
    """Each fault as a line."""
    return [f"{fault.where}: {fault.what}" for fault in setting_faults(loader, PIPELINE)]


def test_every_fault_is_found_at_once(write: Any) -> None:
    """Types, ranges, unknown keys and groups, in parameters, globals and on the command line."""
    loader = write(
        {"gate": {"margin": "wide"}},
        globals={"calender": {}, "calendar": {"step_days": 0, "ends": "2024-01-01"}},
        parameters={
            "training": {"holdout_days": "x", "fit": {"dept": 7, "depth": 99, "country": "Mars"}},
            "trainig": {"holdout_days": 7},
        },
    )

    found = faults(loader)

    assert found[:6] == [
        (
            "globals.yml: calender: there is no such setting, and no file refers to it; "
            "did you mean calendar?"
        ),
        "globals.yml: calendar.step_days: Input should be greater than or equal to 1; got 0",
        "globals.yml: calendar.ends: there is no such setting; did you mean end?",
        "parameters.yml: trainig: no pipeline takes such parameters; did you mean training?",
        (
            "parameters.yml: training.holdout_days: Input should be a valid integer, unable to "
            "parse string as an integer; got 'x'"
        ),
        "parameters.yml: training.fit.depth: Input should be less than or equal to 12; got 99",
    ]
    assert found[6] == (
        "parameters.yml: training.fit.dept: there is no such setting; did you mean depth?"
    )
    assert found[7].startswith("parameters.yml: training.fit.country: ")
    assert found[8].startswith("--params: gate.margin: Input should be a valid number")
    assert len(found) == 9


def test_settings_without_fault(write: Any) -> None:
    """What base has, what begins with an underscore and what a file refers to may be there."""
    loader = write(
        globals={"bucket": "s3", "calendar": {"start": "2024-01-01"}},
        parameters={"_days": 7, "training": {"holdout_days": "${_days}"}},
        catalog={"feed": {"type": "x", "filepath": "${globals:bucket}/feed"}},
    )

    assert faults(loader) == []
    check_settings(loader, PIPELINE)


def test_a_reference_to_nothing(write: Any) -> None:
    """A reference that leads nowhere is named beside the faults of globals."""
    loader = write(
        globals={"calendar": 3}, parameters={"training": {"holdout_days": "${globals:days}"}}
    )

    assert faults(loader) == [
        "globals.yml: calendar: Input should be a valid dictionary or instance of Calendar; got 3",
        (
            "parameters.yml: training.holdout_days: Globals key 'days' not found and no default "
            "value provided."
        ),
    ]


def test_all_are_told_in_one_message(write: Any) -> None:
    """One error has a line for each fault, of other files too, and says that nothing was run."""
    loader = write(parameters={"training": {"holdout_days": 0}, "gate": {"margin": None}})

    with pytest.raises(ConfigurationError) as caught:
        check_settings(loader, PIPELINE, [SettingFault("orchestration.yml", "cron: no")])

    first, *lines, last = str(caught.value).splitlines()
    assert first == "environment orders has settings that cannot be used; nothing was run:"
    assert [line.split(":")[0] for line in lines] == [
        "  parameters.yml",
        "  parameters.yml",
        "  orchestration.yml",
    ]
    assert last == "Fix them and run again. To look without a run: kedro contract check"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"engine": "sparc"}, "globals.yml: engine: there is no engine sparc; did you mean spark?"),
        ({"engine": "polars"}, "engine: there is no engine polars; it is duckdb or spark"),
        (
            {"spark": "local[*]"},
            "spark: 'local[*]' is no group of settings: master, warehouse, conf",
        ),
        (
            {"spark": {"mastr": "yarn"}},
            "spark.mastr: there is no such setting; did you mean master?",
        ),
        (
            {"spark": {"n": 1}},
            "spark.n: there is no such setting; put Spark's own settings under spark.conf",
        ),
    ],
)
def test_an_engine_that_there_is_not(said: dict[str, Any], words: str, write: Any) -> None:
    """Before Spark is asked for, and with the word that comes near."""
    (fault,) = faults(write(globals=said))

    assert fault.removeprefix("globals.yml: ") == words.removeprefix("globals.yml: ")


def test_both_engines_are_known(write: Any) -> None:
    """With any of Spark's own settings under conf."""
    spark = {"master": "yarn", "warehouse": "s3a://b/t", "conf": {"spark.driver.memory": "1g"}}

    assert faults(write(globals={"engine": "spark", "spark": spark})) == []


def test_numbers_that_are_none(write: Any) -> None:
    """NaN and infinity are no limits that anything could be compared with."""
    loader = write(globals={"store_memory": "much"}, parameters={"gate": {"margin": float("nan")}})

    assert faults(loader)[-2:] == [
        "globals.yml: store_memory: 'much' is no size; write a number with a unit, as 2GB",
        "parameters.yml: gate.margin: it is infinite or no number; write a number",
    ]
