"""Great Expectations' own store of suites, results and Data Docs, in the reporting layer."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

import yaml

from weekwise.files import moved_aside
from weekwise.paths import DataFolder
from weekwise.quality import gx
from weekwise.quality.gate_result import GateResult

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite

_OUT_OF_PLACE = (FileNotFoundError, IsADirectoryError, NotADirectoryError, FileExistsError)
"""Errors of the operating system that tell of a broken store, and not of the disk."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Evidence:
    """What one table's check leaves in the store.

    Attributes:
        suite: The contract's suite.
        result: The gate's result, with Great Expectations' own in it.
    """

    suite: ExpectationSuite
    result: GateResult


def publish(data: DataFolder, evidence: Sequence[Evidence], as_of: date | None) -> Path:
    """Store suites and results as JSON and build Data Docs.

    The store is an ordinary file context: `gx.get_context(project_root_dir=data.reporting)` opens
    it. Results of one as-of date replace each other. A store that a killed run left broken is
    repaired: first the files that were proven unreadable are moved aside, then the settings, then
    the whole folder. Nothing is deleted. What the operating system refuses, such as writing to a
    full disk, says nothing of the store: it is raised.

    Args:
        data: The environment's data folder.
        evidence: The tables that were checked.
        as_of: The run's logical date.

    Returns:
        The Data Docs' first page.

    Raises:
        OSError: If the disk is full, or a file may not be read or written.
    """
    for repair in (_set_unreadable_aside, _set_settings_aside, _set_all_aside):
        try:
            return _publish(data, evidence, as_of)
        except Exception as error:
            if isinstance(error, OSError) and error.filename is None:
                error.filename = str(data.gx)
            if _is_refused(error):
                raise
            logger.info("repairing %s after: %s", data.gx, error)
            repair(data.gx)
    return _publish(data, evidence, as_of)


def _is_refused(error: BaseException | None) -> bool:
    """Whether the operating system refused something, in whatever error that was wrapped."""
    while error is not None:
        if isinstance(error, OSError) and not isinstance(error, _OUT_OF_PLACE):
            return True
        error = error.__cause__ or error.__context__
    return False


def _publish(data: DataFolder, evidence: Sequence[Evidence], as_of: date | None) -> Path:
    module = gx.load()
    data.reporting.mkdir(parents=True, exist_ok=True)
    with gx.LOCK, gx.quiet():
        context = gx.without_progress_bars(
            module.get_context(mode="file", project_root_dir=data.reporting)
        )
        pages = [page for table in evidence for page in _store(context, table, as_of)]
        with _refusals_raised():
            context.build_data_docs(resource_identifiers=pages)
    return data.data_docs


@contextmanager
def _refusals_raised() -> Iterator[None]:
    """Raise what the operating system refused while pages were built.

    Great Expectations logs it with its traceback, and goes on without the page.

    Raises:
        OSError: The first of them.
    """
    refused: list[BaseException] = []

    def told(_record: logging.LogRecord) -> bool:
        error = sys.exception()
        if error is None or not _is_refused(error):
            return True
        refused.append(error)
        return False

    builder = logging.getLogger("great_expectations.render.renderer.site_builder")
    builder.addFilter(told)
    try:
        yield
    finally:
        builder.removeFilter(told)
    if refused:
        raise refused[0]


def _store(context: Any, evidence: Evidence, as_of: date | None) -> tuple[Any, Any]:
    """Store one table's suite and result; the identifiers of their pages."""
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    table = evidence.result.table
    suite = ExpectationSuiteIdentifier(table)
    # `suites.add_or_update` reads what is there, and gives every expectation a new id each time.
    context.expectations_store.set(suite, _identified(evidence.suite))
    # The logical date, not the clock's: the same week run twice has one result.
    when = datetime.combine(as_of, time(), UTC) if as_of else datetime.now(UTC)
    run = RunIdentifier(run_name=as_of.isoformat() if as_of else None, run_time=when)
    result = ValidationResultIdentifier(suite, run_id=run, batch_identifier=table)
    stored = evidence.result.evidence
    stored.meta |= {"run_id": run, "validation_time": when, **_asset(table)}
    context.validation_results_store.store_validation_results(stored, result)
    return suite, result


def _identified(suite: ExpectationSuite) -> ExpectationSuite:
    """A suite whose ids, and those of its expectations, follow from what they say."""
    suite.id = str(uuid5(NAMESPACE_URL, f"weekwise/{suite.name}"))
    for expectation in suite.expectations:
        plain = expectation.configuration.to_json_dict() | {"id": None}
        words = json.dumps(plain, sort_keys=True, default=str)
        expectation.id = str(uuid5(NAMESPACE_URL, f"weekwise/{suite.name}/{words}"))
    return suite


def _asset(table: str) -> dict[str, Any]:
    """What Data Docs show as the checked data, which they look for in two places."""
    definition = {
        "datasource_name": "weekwise",
        "data_connector_name": "fluent",
        "data_asset_name": table,
        "batch_identifiers": {},
    }
    return {"active_batch_definition": definition, "batch_kwargs": {"data_asset_name": table}}


def _set_unreadable_aside(folder: Path) -> None:
    # Great Expectations writes its settings again, and does without variables that are not there.
    for path in (*_settings(folder), *folder.rglob("*.json")):
        if not (_is_json(path) if path.suffix == ".json" else _is_yaml(path)):
            _set_aside(path)


def _set_settings_aside(folder: Path) -> None:
    """What is YAML, but no settings, or needs variables that are not there any more."""
    for path in _settings(folder):
        _set_aside(path)


def _settings(folder: Path) -> list[Path]:
    files = (folder / "great_expectations.yml", folder / "uncommitted" / "config_variables.yml")
    return [file for file in files if file.is_file()]


def _set_aside(path: Path) -> None:
    logger.warning("%s cannot be read; it is at %s now", path, moved_aside(path))


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except ValueError:
        return False
    return True


def _is_yaml(path: Path) -> bool:
    try:
        return isinstance(yaml.safe_load(path.read_bytes()), dict)
    except (yaml.YAMLError, ValueError):
        return False


def _set_all_aside(folder: Path) -> None:
    if folder.exists():
        logger.warning("%s cannot be used; it is at %s now", folder, moved_aside(folder))
