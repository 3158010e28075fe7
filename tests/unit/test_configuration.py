from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from kedro.framework import project as kedro_project

from weekwise import required_settings
from weekwise.configuration import EnvironmentConfigLoader, active_configuration, overlaid
from weekwise.errors import ConfigurationError
from weekwise.paths import default_environment

SOFT = {"globals": "soft", "parameters": "soft"}


class Conf:
    """A folder of configuration.

    Attributes:
        folder: The project's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for layer in ("base", "orders"):
            self.write(layer, "globals", {})

    def write(self, layer: str, kind: str, content: dict[str, Any]) -> None:
        """Write one layer's file of a kind."""
        path = self.folder / "conf" / layer / f"{kind}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content), encoding="utf-8")

    def load(self, env: str | None = "orders", **runtime: Any) -> EnvironmentConfigLoader:
        """The configuration of an environment."""
        return EnvironmentConfigLoader(
            str(self.folder / "conf"),
            env,
            runtime,
            base_env="base",
            merge_strategy=SOFT,
            config_patterns={"mlflow": ["mlflow*"], "orchestration": ["orchestration*"]},
        )


@pytest.fixture
def conf(tmp_path: Path) -> Conf:
    """An empty base, and an environment."""
    return Conf(tmp_path)


def test_layers_lie_over_each_other(conf: Conf) -> None:
    """Base is the lowest layer, then the environment, then what is this machine's alone."""
    for layer, own in (("base", 1), ("orders", 2), ("local", 3)):
        conf.write(layer, "parameters", {"both": own, layer: own})

    assert conf.load()["parameters"] == {"both": 3, "base": 1, "orders": 2, "local": 3}


def test_a_run_has_one_configuration(conf: Conf) -> None:
    """A file that is edited during a run changes the next one; what a caller changes, nothing."""
    conf.write("orders", "parameters", {"model": {"trees": 100}})
    loader = conf.load()
    loader["parameters"]["model"]["trees"] = 1
    conf.write("orders", "parameters", {"model": {"trees": 200}})

    assert loader["parameters"] == {"model": {"trees": 100}}
    assert conf.load()["parameters"] == {"model": {"trees": 200}}
    loader["parameters"] = {"set": "by hand"}
    assert loader["parameters"] == {"set": "by hand"}


def test_secrets_are_read_in_every_environment(conf: Conf) -> None:
    """`conf/local` is part of each environment, and may be missing."""
    conf.write("other", "globals", {})
    conf.write("local", "credentials", {"store": {"key": "k"}})

    assert conf.load("orders")["credentials"] == {"store": {"key": "k"}}
    assert conf.load("other")["credentials"] == {"store": {"key": "k"}}


def test_nothing_of_another_environment_is_merged(conf: Conf) -> None:
    """An environment that extends none has what base has, and its own."""
    conf.write("other", "parameters", {"training": {"slices": ["shop"]}})
    conf.write("orders", "parameters", {"training": {"holdout_days": 7}})

    assert conf.load()["parameters"] == {"training": {"holdout_days": 7}}


def test_an_environment_extends_another_by_its_own_choice(conf: Conf) -> None:
    """What it does not say itself is that of the one it names, and so on."""
    conf.write("orders", "globals", {"calendar": {"step_days": 7, "end": 1}})
    conf.write("thin", "globals", {"extends": "orders", "calendar": {"end": 2}})
    conf.write("thinner", "globals", {"extends": "thin", "calendar": {"start": 3}})

    loader = conf.load("thinner")

    assert loader.environments == ("orders", "thin", "thinner")
    assert loader["globals"]["calendar"] == {"step_days": 7, "end": 2, "start": 3}


def test_an_environment_is_known_by_its_name(conf: Conf) -> None:
    """Globals have the environment's name, so that base can give each a folder of its own."""
    conf.write("base", "globals", {"data": "data/${environment}"})

    assert conf.load("orders")["globals"]["data"] == "data/orders"


def test_the_data_folder_is_the_projects(conf: Conf, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a folder inside the project data is where it is from the root; absolute paths stay."""
    conf.write("base", "globals", {"data": "data/${environment}"})
    conf.write("orders", "parameters", {"seen": "${globals:data}"})
    conf.write("far", "globals", {"data": "/far"})
    (conf.folder / "notebooks").mkdir()
    expected = str(conf.folder / "data/orders")

    monkeypatch.chdir(conf.folder / "notebooks")
    assert conf.load("orders")["parameters"]["seen"] == expected
    assert conf.load("orders")["globals"]["data"] == expected
    assert conf.load("far")["globals"]["data"] == "/far"

    monkeypatch.chdir(conf.folder)
    assert conf.load("orders")["globals"]["data"] == "data/orders"


def test_stores_and_models_are_not_taken_over(conf: Conf) -> None:
    """An environment that extends another has its own data and its own registered model."""
    conf.write(
        "base", "globals", {"data": "data/${environment}", "registered_model": "${environment}"}
    )
    conf.write("orders", "globals", {"data": "/orders", "registered_model": "returned"})
    conf.write("thin", "globals", {"extends": "orders"})
    conf.write("thinner", "globals", {"extends": "thin", "registered_model": "thin_model"})

    own = [conf.load(name)["globals"] for name in ("orders", "thin", "thinner")]

    assert [each["data"] for each in own] == ["/orders", "data/thin", "data/thinner"]
    assert [each["registered_model"] for each in own] == ["returned", "thin", "thin_model"]


@pytest.mark.parametrize(("variable", "expected"), [(None, "orders"), ("other", "other")])
def test_local_is_kedros_word_for_the_default(
    variable: str | None, expected: str, conf: Conf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`kedro mlflow ui` asks for `local` where no environment is named."""
    (conf.folder / "pyproject.toml").write_text('[tool.weekwise]\nenvironment = "orders"\n')
    conf.write("other", "globals", {})
    monkeypatch.delenv("KEDRO_ENV", raising=False)
    if variable:
        monkeypatch.setenv("KEDRO_ENV", variable)

    assert conf.load("local").environment == expected


def test_what_a_lower_layer_gives_can_be_taken_away(conf: Conf) -> None:
    """A null takes a mapping away, wherever it stands; another null is a value."""
    conf.write("base", "parameters", {"gate": {"slices": {"a": 1}, "margin": 2, "seed": 3}})
    conf.write("orders", "parameters", {"gate": {"slices": None, "margin": None}})
    conf.write("base", "catalog", {"made": {"type": "MemoryDataset"}, "left": {"type": "X"}})
    conf.write("orders", "catalog", {"left": None})

    loader = conf.load()

    assert loader["parameters"] == {"gate": {"margin": None, "seed": 3}}
    assert loader["catalog"] == {"made": {"type": "MemoryDataset"}}


def test_an_environment_refers_to_what_base_defines(conf: Conf) -> None:
    """Layers are merged before they are resolved: a variable of base serves the environment."""
    conf.write("base", "catalog", {"_place": {"file": "x.db"}, "a": {"at": "${globals:data}/a"}})
    conf.write("orders", "catalog", {"feed": {"type": "T", "at": "${_place}"}})
    conf.write("orders", "globals", {"data": "data/orders"})

    assert conf.load()["catalog"] == {
        "a": {"at": "data/orders/a"},
        "feed": {"type": "T", "at": {"file": "x.db"}},
    }


def test_a_runs_own_parameters_win(conf: Conf) -> None:
    """What a run is given lies over every layer."""
    conf.write("orders", "parameters", {"fit": {"depth": 6, "seed": 0}})

    assert conf.load(fit={"depth": 8})["parameters"] == {"fit": {"depth": 8, "seed": 0}}


@pytest.mark.parametrize(
    ("layer", "extends", "message"),
    [
        ("nope", None, "there is no environment nope; choose one of: orders"),
        ("orders", "nope", "there is no environment nope, which orders extends; choose one of"),
        ("orders", "orders", "environments extend each other: orders → orders; remove extends"),
    ],
)
def test_an_environment_that_cannot_be(
    layer: str, extends: str | None, message: str, conf: Conf
) -> None:
    """A wrong name, or a circle, is one line with the next step."""
    if extends:
        conf.write(layer, "globals", {"extends": extends})

    with pytest.raises(ConfigurationError, match=message):
        conf.load(layer)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (
            b"a: 1\n\tb: 2\n",
            "line 2: not valid YAML, a tab cannot start a value; indent with spaces",
        ),
        (b"a: 1\na: 2\n", "line 2: not valid YAML, found duplicate key a; keep one of them"),
        (b"a: *b\n", "line 1: not valid YAML, found undefined alias 'b'; fix it"),
        (b"a: 1\nb: \xe9\n", "line 2: not UTF-8; save the file as UTF-8"),
    ],
)
@pytest.mark.parametrize("kind", ["globals", "parameters", "catalog"])
def test_a_file_that_is_no_yaml(conf: Conf, kind: str, content: bytes, fault: str) -> None:
    """One line names it, the line in it, what is wrong and what to do."""
    conf.write("base", kind, {})
    file = conf.folder / "conf" / "orders" / f"{kind}.yml"
    file.write_bytes(content)

    with pytest.raises(ConfigurationError) as caught:
        conf.load()[kind]

    assert str(caught.value) == f"{file}, {fault}"


def test_the_default_environment_is_the_projects(conf: Conf) -> None:
    """Without a name the environment is the one that `pyproject.toml` means."""
    (conf.folder / "pyproject.toml").write_text('[tool.weekwise]\nenvironment = "orders"\n')

    assert default_environment(conf.folder) == "orders"
    assert conf.load(None).environment == "orders"


def test_pipelines_are_registered_anew_for_another_environment(
    conf: Conf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two environments used one after the other in a process each have pipelines of their own."""
    conf.write("other", "globals", {})
    configured: list[str] = []
    monkeypatch.setattr(kedro_project, "PACKAGE_NAME", "weekwise")
    monkeypatch.setattr(kedro_project.pipelines, "configure", configured.append)

    conf.load("orders")
    configured.clear()
    conf.load("orders")
    assert configured == []
    other = conf.load("other")
    assert configured == ["weekwise.pipeline_registry"]
    assert active_configuration() is other


MAPPINGS = st.recursive(
    st.integers() | st.none(),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from("abc"), MAPPINGS))
def test_an_empty_layer_changes_nothing(lower: dict[str, Any]) -> None:
    """What a layer does not name stays as the lower layers have it, and is not copied in place."""
    assert overlaid(lower, {}, soft=True) == lower
    assert overlaid(lower, {}, soft=False) == lower


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (
            "- a\n- b\n",
            ": it holds a list where names with values are due; write lines of NAME: VALUE",
        ),
        ("a: &x [*x]\n", ": a part of it contains itself (&name and *name); write it out"),
    ],
    ids=["list", "loop"],
)
@pytest.mark.parametrize("kind", ["globals", "parameters", "catalog", "mlflow", "orchestration"])
@pytest.mark.parametrize("layer", ["base", "orders"])
def test_a_file_without_settings(
    conf: Conf, layer: str, kind: str, content: str, fault: str
) -> None:
    """A file of any layer that holds something else than names with values is named."""
    conf.write("base", kind, {})
    file = conf.folder / "conf" / layer / f"{kind}.yml"
    file.write_text(content, "utf-8")

    with pytest.raises(ConfigurationError) as caught:
        conf.load()[kind]

    assert str(caught.value) == f"{file}{fault}"


@pytest.mark.parametrize("how", ["folder", "dangling", "loop"])
def test_a_name_of_a_file_that_is_none(conf: Conf, how: str) -> None:
    """A folder or a broken link under a file's name is told, and not passed over."""
    file = conf.folder / "conf" / "orders" / "parameters.yml"
    if how == "folder":
        file.mkdir()
    else:
        file.symlink_to(file if how == "loop" else "nowhere.yml")

    with pytest.raises(ConfigurationError, match="put the file there, or remove it") as caught:
        conf.load()["parameters"]

    assert str(caught.value).startswith(f"{file}: it is a ")


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"data": 5}, "data: it is no text but 5; put it in quotes"),
        ({"data": None}, "data: it is empty; write a text"),
        ({"registered_model": ["m"]}, "registered_model: it is no text but ['m']; write a text"),
        (
            {"registered_model": "a/b"},
            "registered_model: MLflow takes no name with / or :, as in a/b; leave them out",
        ),
        ({"data_wrangling": 3}, "data_wrangling: it is no text but 3; put it in quotes"),
        ({"extends": ["base"]}, "extends: it is no text but ['base']; write a text"),
    ],
)
def test_globals_that_no_command_can_use(conf: Conf, said: dict[str, Any], fault: str) -> None:
    """What every command needs is looked at before any of them does something."""
    conf.write("orders", "globals", said)

    with pytest.raises(ConfigurationError) as caught:
        conf.load()["globals"]

    assert str(caught.value) == f"globals.yml: {fault}"


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"server": 5}, "server: Input should be a valid dictionary"),
        ({"serverr": {}}, "serverr: Extra inputs are not permitted"),
        ({}, "server.mlflow_tracking_uri: it is missing"),
    ],
    ids=["no mapping", "unknown", "missing"],
)
def test_settings_that_kedro_mlflow_does_not_take(
    conf: Conf, said: dict[str, Any], fault: str
) -> None:
    """They are one line, and no run goes to a folder that MLflow chooses by itself."""
    conf.write("orders", "mlflow", said)

    with pytest.raises(ConfigurationError, match=f"^mlflow.yml: {fault}"):
        conf.load()["mlflow"]


@pytest.mark.parametrize("kind", ["catalog", "parameters", "globals"])
def test_a_reference_that_leads_nowhere(conf: Conf, kind: str) -> None:
    """It is told with its place, in any part of the configuration."""
    conf.write("orders", kind, {"a": {"b": "${nope:1}"}})

    with pytest.raises(ConfigurationError, match=rf"^{kind}.yml: a.b: Unsupported .* nope; fix"):
        conf.load()[kind]


def test_an_environment_is_no_path(conf: Conf) -> None:
    """A folder beside the configuration is no environment."""
    (conf.folder / "src").mkdir()

    with pytest.raises(ConfigurationError, match=r"there is no environment \.\./src; "):
        conf.load("../src")["globals"]


@pytest.mark.parametrize("uri", ["/etc/passwd", "ftp://h", "http://", "http://a host", "file:/x"])
def test_a_place_where_mlflow_keeps_no_runs(conf: Conf, uri: str) -> None:
    """A malformed address is one line with what to set, before MLflow is asked."""
    conf.write("orders", "mlflow", {"server": {"mlflow_tracking_uri": uri}})

    with pytest.raises(ConfigurationError, match=f"no runs at '{uri}'; set MLFLOW_TRACKING_URI"):
        conf.load()["mlflow"]


@pytest.mark.parametrize(
    "uri", ["http://h:5000", "https://u:p@h/x", "sqlite:////x.db", "postgresql+psycopg://h/d"]
)
def test_a_place_where_mlflow_keeps_runs(conf: Conf, uri: str) -> None:
    """Servers and databases are taken."""
    conf.write("orders", "mlflow", {"server": {"mlflow_tracking_uri": uri}})

    assert conf.load()["mlflow"]["server"] == {"mlflow_tracking_uri": uri}


def test_a_place_that_a_plugin_of_mlflow_knows(conf: Conf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages bring further ones, such as azureml-mlflow."""
    known = EntryPoints([EntryPoint("azureml", "somewhere:Store", "mlflow.tracking_store")])
    monkeypatch.setattr(
        required_settings, "entry_points", lambda *, group: known.select(group=group)
    )
    conf.write("orders", "mlflow", {"server": {"mlflow_tracking_uri": "azureml://region/x"}})

    assert conf.load()["mlflow"]["server"] == {"mlflow_tracking_uri": "azureml://region/x"}


def test_a_password_is_not_told(conf: Conf) -> None:
    """An address that is refused is shown without the user's name and password."""
    conf.write("orders", "mlflow", {"server": {"mlflow_tracking_uri": "ftp://me:secret@h/x"}})

    with pytest.raises(ConfigurationError, match="'ftp://h/x'"):
        conf.load()["mlflow"]
