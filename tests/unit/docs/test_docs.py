"""What the documentation says can be typed, set or opened is really there."""

from __future__ import annotations

import re
import shlex
import tomllib
import warnings
from importlib.metadata import entry_points
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
import yaml

from weekwise.contract.model import Contract

PROJECT = Path(__file__).parents[3]
DOCS = PROJECT / "docs"
PAGES = sorted(
    path
    for path in [*PROJECT.glob("*.md"), *DOCS.rglob("*.md"), PROJECT / "data" / "README.md"]
    if "generated" not in path.parts and "_build" not in path.parts
)
NAMES = [str(path.relative_to(PROJECT)) for path in PAGES]
FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`(?P<code>(?:kedro|make) [^`\n]+)`")
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
FILE = re.compile(r"`(?P<path>(?:src|api|frontend|tests|conf/(?:base|flights|test))/[\w./-]*)`")
ELSEWHERE = re.compile(r"/root/|/home/|index-url|/simple\b|extra-index")
BUILT = ("frontend/dist", "frontend/node_modules")
"""Folders that a build makes: pages name them, and a fresh clone does not have them."""
PLUGINS = {"kedro_mlflow", "kedro-viz"}
GLOBAL_KEDRO = {"catalog", "registry", "ipython", "jupyter", "package"}


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    """The package that writes the generated pages."""
    import sys

    sys.path.insert(0, str(DOCS))
    try:
        import _reference

        return _reference
    finally:
        sys.path.remove(str(DOCS))


@pytest.fixture(scope="module")
def kedro() -> click.Group:
    """Every kedro command of the project: its own, and those of the plugins it installs."""
    from kedro.framework.cli.project import project_group

    from weekwise.cli import cli

    group = click.Group("kedro")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the plugins' own imports
        plugins = [
            point.load()
            for kind in ("kedro.project_commands", "kedro.global_commands")
            for point in entry_points(group=kind)
            if point.name in PLUGINS
        ]
    for source in (project_group, *plugins, cli):
        context = click.Context(source)
        for name in source.list_commands(context):
            command = source.get_command(context, name)
            assert command is not None
            group.add_command(command, name)
    return group


def commands(path: Path, program: str) -> list[list[str]]:
    """The calls of a program that a page shows, each as words without the program's name."""
    text = path.read_text("utf-8")
    lines = [
        line.split("#")[0]
        for block in FENCE.finditer(text)
        if block["language"] in {"bash", "console"}
        for line in re.split(r"\n|; do |\|\|", block["code"])
    ]
    lines += [span["code"] for span in SPAN.finditer(text)]
    called = (re.search(rf"(?:^|\s){program} (?P<rest>.*)$", line.strip()) for line in lines)
    return [shlex.split(call["rest"]) for call in called if call]


def blocks(path: Path, language: str) -> list[str]:
    """The code of a page's blocks in one language."""
    fenced = FENCE.finditer(path.read_text("utf-8"))
    return [block["code"] for block in fenced if block["language"] == language]


def resolve(group: click.Group, words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that some words call, and the words left for it."""
    command: click.Command = group
    while words and isinstance(command, click.Group):
        subcommand = command.get_command(click.Context(command), words[0])
        if subcommand is None:
            break
        command, words = subcommand, words[1:]
    return command, words


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_make_targets_exist(page: Path, reference: ModuleType) -> None:
    """Every make target a page names is one that `make help` lists."""
    known = reference.commands.targets(PROJECT)
    named = {word for words in commands(page, "make") for word in words if "=" not in word}
    asked = {word for word in named if re.fullmatch(r"[a-z-]+", word)}
    assert asked <= set(known)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_kedro_commands_exist(page: Path, kedro: click.Group) -> None:
    """Every kedro command a page shows exists, with the options it is given."""
    for words in commands(page, "kedro"):
        if words[0] in GLOBAL_KEDRO:
            continue
        command, rest = resolve(kedro, words)
        assert command is not kedro, f"kedro {' '.join(words)}"
        assert not (isinstance(command, click.Group) and rest), f"kedro {' '.join(words)}"
        options = {name for parameter in command.params for name in parameter.opts}
        given = {word.split("=")[0] for word in rest if word.startswith("-")}
        assert given <= options, f"kedro {' '.join(words)}"


def test_commands_are_found() -> None:
    """The README's commands are seen by these tests at all."""
    readme = PROJECT / "README.md"
    assert ["run"] in commands(readme, "make")
    assert ["run", "--params", "as_of=2013-08-05"] in commands(readme, "kedro")


def test_pages_describe_parameters_that_exist(reference: ModuleType) -> None:
    """Every parameter that a page sets on the command line is one of the reference's."""
    documented = reference.parameters.page(PROJECT)
    for page in PAGES:
        for words in commands(page, "kedro"):
            for before, value in pairwise(words):
                names = [pair.split("=")[0] for pair in value.split(",")]
                for name in names if before == "--params" and "=" in value else []:
                    assert f"`{name}`" in documented, f"{page.name}: {name}"


def test_every_parameter_is_documented(reference: ModuleType) -> None:
    """Every value in parameters.yml is on the generated page, itself or as part of a mapping."""
    parameters = reference.parameters
    documented = parameters.page(PROJECT)
    for path, value in parameters.paths(parameters.written(PROJECT)):
        group, *rest = path.split(".")
        prefixes = [".".join([group, *rest[:size]]) for size in range(1, len(rest) + 1)]
        assert value is None or any(f"`{name}`" in documented for name in [path, *prefixes]), path


def test_every_parameter_has_a_meaning(reference: ModuleType) -> None:
    """Every documented setting is explained by its class' docstring."""
    unexplained = [
        setting.path
        for name, model in reference.parameters.typed_groups().items()
        for section in reference.parameters.models.sections(model, name)
        for setting in section.settings
        if not setting.meaning
    ]
    assert unexplained == []


def test_every_dataset_has_a_place(reference: ModuleType) -> None:
    """Every dataset of the catalog is on the page, with no variable left unresolved."""
    entries = list(reference.catalog.entries(PROJECT))
    catalog = reference.parameters.layered(PROJECT, "catalog.yml")
    assert [entry.name for entry in entries] == [name for name in catalog if name[0] != "_"]
    assert not [entry.name for entry in entries if "$" in entry.place]


def test_every_contract_column_is_in_the_dictionary(reference: ModuleType) -> None:
    """Every column of every contract is in the generated data dictionary."""
    dictionary = reference.contracts.data_dictionary(PROJECT)
    for path in (PROJECT / "conf" / "flights" / "contracts").glob("*.yml"):
        for column in yaml.safe_load(path.read_text("utf-8"))["columns"]:
            assert f"| `{column}` |" in dictionary


def test_contracts_in_pages_are_contracts() -> None:
    """Every whole contract that a page shows can be loaded."""
    loaded = 0
    for page in PAGES:
        for code in blocks(page, "yaml"):
            raw: dict[str, Any] | None = yaml.safe_load(code)
            if raw and {"title", "columns"} <= set(raw):
                Contract.model_validate({"table": "shown", **raw})
                loaded += 1
    assert loaded >= 1


def test_parameters_in_pages_are_allowed(reference: ModuleType) -> None:
    """Every group of parameters that a page shows passes the model that checks it."""
    groups = reference.parameters.typed_groups()
    checked = 0
    for code in blocks(DOCS / "how-to" / "change-policies.md", "yaml"):
        for name, values in yaml.safe_load(code).items():
            groups[name].model_validate(values)
            checked += 1
    assert checked >= 4


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_relative_links_lead_somewhere(page: Path) -> None:
    """Every link to a file of the repository has a file at its end."""
    targets = [match["target"] for match in LINK.finditer(page.read_text("utf-8"))]
    files = [target.split("#")[0] for target in targets if "://" not in target]
    missing = [name for name in files if name and not (page.parent / name).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_pages_know_no_machine(page: Path) -> None:
    """No page names a path of somebody's machine or the address of a package index."""
    assert ELSEWHERE.findall(page.read_text("utf-8")) == []


def test_generated_pages_are_written_once(reference: ModuleType, tmp_path: Path) -> None:
    """Writing the pages again leaves files alone that would not change."""
    reference.write(PROJECT, tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    reference.write(PROJECT, tmp_path)
    assert before == {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert set(before) == set(reference.PAGES)


@pytest.mark.parametrize("name", [name for name in NAMES if "/adr/" not in name])
def test_files_of_the_project_in_pages_exist(name: str) -> None:
    """A file or folder of the project that a page names is there; a past decision's may be gone."""
    named = [match["path"] for match in FILE.finditer((PROJECT / name).read_text("utf-8"))]
    files = [path for path in named if not path.startswith(BUILT)]
    assert [path for path in files if not (PROJECT / path).exists()] == []


def test_the_architecture_page_lists_the_layers_that_are_checked() -> None:
    """The layers of the page are those of import-linter's contract."""
    shown = next(iter(blocks(DOCS / "explanation" / "architecture.md", "text"))).split("\n")
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]
    layers = contracts["importlinter"]["contracts"][0]["layers"]
    assert [line for line in shown if line] == layers
