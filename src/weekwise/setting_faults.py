"""What is wrong with an environment's settings: found before anything runs, and all together."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from kedro.config import MissingConfigException
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, ValidationError

from weekwise.configuration import ENVIRONMENT, OWN, PARAMETERS, PARAMS
from weekwise.errors import ConfigurationError, WeekwiseError
from weekwise.features.calendar import Calendar
from weekwise.required_settings import EXTENDS, GLOBALS
from weekwise.wording import listed, nearest
from weekwise.yaml_faults import reference_fault

if TYPE_CHECKING:
    from kedro.pipeline import Pipeline

    from weekwise.configuration import EnvironmentConfigLoader

CALENDAR, WRANGLING, ENGINE, SPARK = "calendar", "data_wrangling", "engine", "spark"
MEMORY = "store_memory"
KNOWN_GLOBALS = (*OWN, CALENDAR, WRANGLING, EXTENDS, ENVIRONMENT, ENGINE, SPARK)
ENGINES = ("duckdb", "spark")
SPARK_SETTINGS = ("master", "warehouse", "conf")
GLOBALS_FILE, PARAMETERS_FILE, RUNTIME = "globals.yml", "parameters.yml", "--params"
MOST_LETTERS = 60
_MEMORY = re.compile(r"\d+(\.\d+)?\s*([kmgt]i?b|%)", re.IGNORECASE)
"""Sizes that DuckDB takes."""
_REFERENCE = re.compile(r"\bglobals:\s*(\w+)")


@dataclass(frozen=True)
class SettingFault:
    """A setting that cannot be used.

    Attributes:
        where: The file it is in, or `--params`.
        what: Its place and what is wrong with it, one line.
    """

    where: str
    what: str


def check_settings(
    loader: EnvironmentConfigLoader, pipeline: Pipeline, further: Sequence[SettingFault] = ()
) -> None:
    """Refuse settings with faults, all of them in one message.

    Args:
        loader: The environment's configuration, with a run's own parameters.
        pipeline: All of its pipelines together.
        further: Faults of other files.

    Raises:
        ConfigurationError: If there is a fault.
    """
    faults = [*setting_faults(loader, pipeline), *further]
    if faults:
        lines = "\n".join(f"  {fault.where}: {fault.what}" for fault in faults)
        raise ConfigurationError(
            f"environment {loader.environment} has settings that cannot be used; nothing was run:\n"
            f"{lines}\nFix them and run again. To look without a run: kedro contract check"
        )


def setting_faults(loader: EnvironmentConfigLoader, pipeline: Pipeline) -> Iterator[SettingFault]:
    """What is wrong with globals and parameters.

    Args:
        loader: The environment's configuration, with a run's own parameters.
        pipeline: All of its pipelines together.
    """
    shared = loader[GLOBALS]
    yield from _unknown_globals(loader, shared)
    yield from _calendar_faults(shared.get(CALENDAR))
    yield from _engine_faults(shared.get(ENGINE), shared.get(SPARK))
    yield from _memory_faults(shared.get(MEMORY))
    try:
        said = loader[PARAMETERS]
    except MissingConfigException:
        return
    except ConfigurationError as error:
        if not isinstance(error.__cause__, OmegaConfBaseException):
            raise
        # What it refers to is not there, or is not what it should be.
        yield SettingFault(PARAMETERS_FILE, reference_fault(error.__cause__))
        return
    yield from _unknown_groups(loader, said, pipeline)
    for name, model in parameter_models(pipeline).items():
        if name in said:
            yield from _group_faults(name, model, said[name], loader.runtime_params or {})


def parameter_models(pipeline: Pipeline) -> dict[str, type[BaseModel]]:
    """The Pydantic model that each group of parameters is checked by, as nodes ask for it."""
    models: dict[str, type[BaseModel]] = {}
    for node in pipeline.nodes:
        hints = list(get_type_hints(node.func).values())
        for name, hint in zip(node.inputs, hints, strict=False):
            if name.startswith(PARAMS) and isinstance(hint, type) and issubclass(hint, BaseModel):
                models[name.removeprefix(PARAMS)] = hint
    return models


def faults_of(
    error: ValidationError, model: type[BaseModel], *above: str
) -> Iterator[tuple[str, str]]:
    """What Pydantic found: the place of each fault, and what is wrong with it.

    Args:
        error: The faults.
        model: What was asked for.
        above: Where the settings stand, before Pydantic's own places.
    """
    for fault in error.errors(include_url=False):
        path = [*above, *map(str, fault["loc"])]
        yield ".".join(path), _in_words(fault, model)


def _in_words(fault: Mapping[str, Any], model: type[BaseModel]) -> str:
    if fault["type"] == "extra_forbidden":
        known = list(_model_at(model, fault["loc"][:-1]).model_fields)
        hint = nearest(str(fault["loc"][-1]), known)
        return f"there is no such setting; {hint or 'there are ' + listed(known, len(known))}"
    text = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] in ("missing", "value_error"):
        return text
    got = repr(fault["input"])
    return f"{text}; got {got if len(got) <= MOST_LETTERS else got[:MOST_LETTERS] + '…'}"


def _model_at(model: type[BaseModel], path: Sequence[str | int]) -> type[BaseModel]:
    """The model of a setting inside another; as far as they are nested plainly."""
    for part in path:
        field = model.model_fields.get(str(part))
        inner = field.annotation if field is not None else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            break
        model = inner
    return model


def _group_faults(
    name: str, model: type[BaseModel], said: Any, runtime: Mapping[str, Any]
) -> Iterator[SettingFault]:
    try:
        model.model_validate(said or {})
    except ValidationError as error:
        for place, what in faults_of(error, model, name):
            where = RUNTIME if _has(runtime, place.split(".")) else PARAMETERS_FILE
            yield SettingFault(where, f"{place}: {what}")
    except WeekwiseError as error:
        yield SettingFault(PARAMETERS_FILE, f"{name}: {error}")
    else:
        for place in _not_finite(said, name):
            where = RUNTIME if _has(runtime, place.split(".")) else PARAMETERS_FILE
            yield SettingFault(where, f"{place}: it is infinite or no number; write a number")
    yield from _country_faults(name, said)


def _not_finite(said: Any, place: str) -> Iterator[str]:
    """Places of numbers that no comparison makes sense with."""
    if isinstance(said, float) and not math.isfinite(said):
        yield place
    parts: Iterable[tuple[Any, Any]] = ()
    if isinstance(said, Mapping):
        parts = said.items()
    elif isinstance(said, (list, tuple)):
        parts = enumerate(said)
    for name, part in parts:
        yield from _not_finite(part, f"{place}.{name}")


def _country_faults(name: str, said: Any) -> Iterator[SettingFault]:
    """What is wrong with the country whose holidays count, even beside other faults."""
    fit = said.get("fit") if isinstance(said, Mapping) else None
    country = fit.get("country") if isinstance(fit, Mapping) else None
    if not isinstance(country, str):
        return
    from weekwise.features.time_features import CALENDAR_FEATURES, calendar_values

    try:
        calendar_values(date(2024, 1, 1), tuple(CALENDAR_FEATURES), country=country)
    except WeekwiseError as error:
        yield SettingFault(PARAMETERS_FILE, f"{name}.fit.country: {error}")


def _calendar_faults(said: Any) -> Iterator[SettingFault]:
    try:
        Calendar.model_validate(said or {})
    except ValidationError as error:
        for place, what in faults_of(error, Calendar, CALENDAR):
            yield SettingFault(GLOBALS_FILE, f"{place}: {what}")
    except WeekwiseError as error:
        yield SettingFault(GLOBALS_FILE, f"{CALENDAR}.first_as_of: {error}")


def _engine_faults(engine: Any, spark: Any) -> Iterator[SettingFault]:
    """What is wrong with the engine, or with what is said of Spark."""
    if engine is not None and engine not in ENGINES:
        hint = nearest(str(engine), ENGINES) or f"it is {' or '.join(ENGINES)}"
        yield SettingFault(GLOBALS_FILE, f"{ENGINE}: there is no engine {engine}; {hint}")
    if spark is None:
        return
    if not isinstance(spark, Mapping):
        told = ", ".join(SPARK_SETTINGS)
        yield SettingFault(GLOBALS_FILE, f"{SPARK}: {spark!r} is no group of settings: {told}")
        return
    for name in spark:
        if name not in SPARK_SETTINGS:
            hint = nearest(name, SPARK_SETTINGS) or "put Spark's own settings under spark.conf"
            yield SettingFault(GLOBALS_FILE, f"{SPARK}.{name}: there is no such setting; {hint}")


def _memory_faults(said: Any) -> Iterator[SettingFault]:
    if said is not None and not _MEMORY.fullmatch(str(said)):
        yield SettingFault(
            GLOBALS_FILE, f"{MEMORY}: {said!r} is no size; write a number with a unit, as 2GB"
        )


def _unknown_globals(
    loader: EnvironmentConfigLoader, said: Mapping[str, Any]
) -> Iterator[SettingFault]:
    """Globals that Weekwise does not know and that no file refers to."""
    unknown = [name for name in said if name not in KNOWN_GLOBALS]
    if not unknown:
        return
    referred = _references(loader)
    for name in unknown:
        if name not in referred:
            hint = nearest(name, KNOWN_GLOBALS) or f"it takes {', '.join(sorted(KNOWN_GLOBALS))}"
            yield SettingFault(
                GLOBALS_FILE, f"{name}: there is no such setting, and no file refers to it; {hint}"
            )


def _references(loader: EnvironmentConfigLoader) -> set[str]:
    """Names that files of the configuration take from globals, as `${globals:name}`."""
    folders = [Path(loader.conf_source) / layer for layer in loader.layers]
    files = (file for folder in folders for file in folder.rglob("*.y*ml") if file.is_file())
    # What is no UTF-8 is told with its line once it is loaded.
    texts = (file.read_text("utf-8", errors="replace") for file in files)
    return {name for text in texts for name in _REFERENCE.findall(text)}


def _unknown_groups(
    loader: EnvironmentConfigLoader, said: Mapping[str, Any], pipeline: Pipeline
) -> Iterator[SettingFault]:
    """Groups of parameters that no node takes; those that begin with `_` are for references."""
    inputs = {name for node in pipeline.nodes for name in node.inputs}
    if PARAMETERS in inputs:
        return
    groups = {name.removeprefix(PARAMS).split(".")[0] for name in inputs if PARAMS in name}
    known = groups | set(loader.unresolved(PARAMETERS, loader.base_env))
    runtime = loader.runtime_params or {}
    for name in said:
        if name not in known and not name.startswith("_"):
            hint = nearest(name, known) or f"there are {', '.join(sorted(known))}"
            where = RUNTIME if name in runtime else PARAMETERS_FILE
            yield SettingFault(where, f"{name}: no pipeline takes such parameters; {hint}")


def _has(said: Any, path: Sequence[str]) -> bool:
    for part in path:
        if not isinstance(said, Mapping) or part not in said:
            return False
        said = said[part]
    return True
