from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from click.testing import CliRunner, Result

import tables
from weekwise.cli.contract_infer import infer
from weekwise.contract.load import load_contract

SETTINGS = SimpleNamespace(CONF_SOURCE="conf")


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project folder with a table of orders, in which the command is called."""
    monkeypatch.setattr("weekwise.cli.contract_infer.settings", SETTINGS)
    monkeypatch.chdir(tmp_path)
    tables.orders().to_csv("orders.csv", index=False, sep=";", decimal=",")


def call(*words: str) -> Result:
    """Run `kedro contract infer` with some words."""
    return CliRunner().invoke(infer, list(words), obj=SimpleNamespace(project_path=Path.cwd()))


def test_an_environment_is_written_and_shown() -> None:
    """Each column's role and the reason, the files, and what to do next."""
    result = call("orders.csv", "--target", "returned", "--env", "shop")

    assert result.exit_code == 0, result.output
    row = next(line for line in result.output.splitlines() if "refund" in line)
    assert "context" in row
    assert "it gives the target away" in row
    assert "Wrote conf/shop/contracts/features.yml" in result.output
    assert "Next: kedro run --env shop" in result.output
    assert load_contract(Path("conf/shop/contracts/features.yml")).target == "returned"
    catalog = yaml.safe_load(Path("conf/shop/catalog.yml").read_text("utf-8"))
    assert catalog["feed"]["load_args"]["decimal_separator"] == ","


def test_nothing_needs_to_be_said() -> None:
    """Without options the environment is named after the file, and a target is proposed."""
    result = call("orders.csv")

    assert result.exit_code == 0, result.output
    assert "proposed; choose another with --target" in result.output
    assert Path("conf/orders/globals.yml").exists()


def test_what_is_there_is_kept() -> None:
    """A second time is refused before anything is read, and --force replaces."""
    assert call("orders.csv").exit_code == 0
    Path("orders.csv").rename("other.csv")

    again = call("orders.csv", "--env", "orders")
    assert again.exit_code == 1
    assert "replace them with --force" in again.output
    assert call("other.csv", "--env", "orders", "--force").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["absent.csv"], "there is no file absent.csv"),
        (["orders.csv", "--target", "retuned"], "did you mean returned?"),
        (["orders.csv", "--env", "base"], "base is no environment"),
        (["orders.csv", "--known-after", "soon"], "write it as 28d or 4w"),
    ],
)
def test_what_is_wrong_is_one_message_and_writes_nothing(words: list[str], said: str) -> None:
    """Exit status 1, no traceback, no files."""
    result = call(*words)

    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output
    assert not Path("conf").exists()
