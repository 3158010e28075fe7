"""Which of `kedro run`'s options a weekly run can take, and whether their names are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from weekwise.errors import ConfigurationError
from weekwise.wording import listed

MOST_NAMES = 8
_REFUSED = {
    "is_async": (
        "--async loads and saves tables in other threads than the one whose transaction they are "
        "part of; leave it out: DuckDB uses all cores by itself"
    ),
    "only_missing_outputs": (
        "--only-missing-outputs asks whether a table is there, not whether this week's rows are in "
        "it; leave it out, or resume a run that failed with: kedro weekly run --retry"
    ),
}
"""Options of Kedro's that would give wrong weeks, with the reason."""
_RUNNERS = ("SequentialRunner", "ThreadRunner")
"""Kedro's runners that work in one process, which is all that the store serves at a time."""


def check_options(options: Mapping[str, Any]) -> None:
    """Refuse what cannot work, before anything is read.

    Args:
        options: Those of `kedro run`, by their parameters' names.

    Raises:
        ConfigurationError: If one is given.
    """
    for name, reason in _REFUSED.items():
        if options.get(name):
            raise ConfigurationError(reason)
    if options.get("runner"):
        _check_runner(str(options["runner"]))


def _check_runner(name: str) -> None:
    from kedro.runner import AbstractRunner, ParallelRunner
    from kedro.utils import load_obj

    choices = f"choose one of: {', '.join(_RUNNERS)}"
    try:
        runner = load_obj(name, "kedro.runner")
    except (ImportError, AttributeError, ValueError):
        runner = None
    if not (isinstance(runner, type) and issubclass(runner, AbstractRunner)):
        raise ConfigurationError(f"there is no runner {name}; {choices}")
    if issubclass(runner, ParallelRunner):
        raise ConfigurationError(
            "ParallelRunner starts a process for each node, and the store serves one process at a "
            f"time; {choices}"
        )


def check_parts(options: Mapping[str, Any]) -> None:
    """Refuse names of nodes, tags and datasets that the chosen pipelines do not have.

    Args:
        options: Those of `kedro run`, by their parameters' names.

    Raises:
        ConfigurationError: If there is one, with the names that come near, or with all.
    """
    chosen = {name: options.get(name) for name in _KNOWN if options.get(name)}
    if not chosen:
        return
    from kedro.framework.project import pipelines
    from kedro.pipeline import Pipeline

    whole = Pipeline([])
    for name in options.get("pipelines") or ["__default__"]:
        whole += pipelines[name]
    for name, values in chosen.items():
        word, known = _KNOWN[name]
        _check_known(word, values or (), known(whole))


def check_versions(names: Iterable[str], catalog: Mapping[str, Any]) -> None:
    """Refuse `--load-versions` of datasets that have none, which Kedro would leave unsaid.

    Args:
        names: The datasets whose version was given.
        catalog: The environment's catalog, as written.

    Raises:
        ConfigurationError: If one is not in the catalog, or not versioned.
    """
    from kedro.io import CatalogConfigResolver

    catalog = {name: entry for name, entry in catalog.items() if not name.startswith("_")}
    # Without a pattern of its own for all else, Kedro warns.
    resolver = CatalogConfigResolver(catalog, default_runtime_patterns={"{default}": {}})
    for name in names:
        entry = catalog.get(name) or catalog.get(resolver.match_dataset_pattern(name) or "")
        if not entry:
            near = get_close_matches(name, sorted(catalog), n=MOST_NAMES)
            choices = listed(near or sorted(_versioned(catalog)), MOST_NAMES) or "none"
            raise ConfigurationError(
                f"--load-versions: there is no dataset {name}; "
                f"{'near it' if near else 'those with versions'}: {choices}"
            )
        if not _has_versions(entry):
            raise ConfigurationError(
                f"--load-versions: {name} has no versions, so this one would not be loaded; leave "
                "it out, or set versioned: true in the catalog for a file that Kedro is to version "
                f"(there: {listed(sorted(_versioned(catalog)), MOST_NAMES) or 'none'})"
            )


def _versioned(catalog: Mapping[str, Any]) -> list[str]:
    return [name for name, entry in catalog.items() if _has_versions(entry)]


def _has_versions(entry: Any) -> bool:
    """Whether a dataset, or the one that it wraps, is versioned by Kedro."""
    if not isinstance(entry, Mapping):
        return False
    return bool(entry.get("versioned")) or _has_versions(entry.get("dataset"))


def _check_known(word: str, names: Iterable[str], known: set[str]) -> None:
    for name in names:
        if name in known:
            continue
        near = get_close_matches(name, sorted(known), n=MOST_NAMES, cutoff=0.5)
        near += [other for other in sorted(known - {*near}) if other.endswith(f".{name}")]
        choices = listed(near or sorted(known), MOST_NAMES) if known else "none"
        raise ConfigurationError(
            f"the chosen pipelines have no {word} {name}; {'near it' if near else 'there'}: "
            f"{choices}. All are shown by: kedro registry describe"
        )


def _node_names(pipeline: Any) -> set[str]:
    return {node.name for node in pipeline.nodes}


def _namespaces(pipeline: Any) -> set[str]:
    return {name for node in pipeline.nodes for name in node.namespace_prefixes}


_KNOWN: Mapping[str, tuple[str, Any]] = {
    "node_names": ("node", _node_names),
    "from_nodes": ("node", _node_names),
    "to_nodes": ("node", _node_names),
    "tags": ("tag", lambda pipeline: {tag for node in pipeline.nodes for tag in node.tags}),
    "from_inputs": ("dataset", lambda pipeline: {*pipeline.datasets()}),
    "to_outputs": ("dataset", lambda pipeline: {*pipeline.all_outputs()}),
    "namespaces": ("namespace", _namespaces),
}
"""Options that choose a part of a pipeline: what they name, and the names there are."""
