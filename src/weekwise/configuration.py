"""Configuration in layers: what holds for any table, then one environment, then this machine.

An environment is one table. Of `conf/base` it takes what holds for any table; it may extend another
environment, by its own choice; and `conf/local`, with secrets and personal settings, is read last
in each of them.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from kedro.config import OmegaConfigLoader
from kedro.utils import find_kedro_project
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from weekwise.errors import ConfigurationError, WeekwiseError
from weekwise.paths import ENVIRONMENT_VARIABLE, default_environment
from weekwise.required_settings import CHECKS, DATA, EXTENDS, GLOBALS, MODEL, check_text
from weekwise.setting_files import SettingFiles
from weekwise.yaml_faults import reference_fault

LOCAL = "local"
ENVIRONMENT = "environment"
"""The key of globals that is the environment's name."""
PARAMS = "params:"
"""How the names of parameters begin in the catalog."""
PARAMETERS, SEARCHED = "parameters", "searched"
"""An environment's parameters, and those that a search has chosen, which come over them."""
CREDENTIALS = "credentials"
OWN = (DATA, MODEL)
"""Keys of globals that are not taken over from an environment that is extended: with them, two
environments would share their stores and models."""
_NOT_ENVIRONMENTS = {"base", LOCAL}

_active: list[EnvironmentConfigLoader] = []
"""The configuration loaded last, if any: Kedro calls `register_pipelines` without arguments."""


class EnvironmentConfigLoader(OmegaConfigLoader):
    """Kedro's configuration loader with more layers than two, and a way to take things away.

    The layers are `base`, the environments that the environment extends, the environment itself,
    and `local`. They are merged before anything is resolved, so that an environment may refer to
    what base defines; globals have the environment's name besides, and what a search has chosen
    comes over the environment's parameters. A key that a lower layer has as
    a mapping is taken away by a null in a higher one; any other null is a value.

    Kedro 1.7 has no public way to add a layer: `_read_raw_config` and `_read_dir_configs` are
    private names, pinned by the tests of this module.

    Args:
        conf_source: The folder of configuration.
        env: The environment; by default that of `pyproject.toml`.
        runtime_params: A run's own parameters.
        **options: Further arguments of `OmegaConfigLoader`.
    """

    def __init__(
        self,
        conf_source: str | Path,
        env: str | None = None,
        runtime_params: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        if not options.get("default_run_env"):
            options["default_run_env"] = default_environment(Path(conf_source).parent)
        self._layers: tuple[str, ...] | None = None
        self._resolved: dict[str, dict[str, Any]] = {}
        options["config_patterns"] = {
            SEARCHED: [f"{SEARCHED}*"],
            **(options.get("config_patterns") or {}),
        }
        super().__init__(conf_source, env, runtime_params, **options)
        _activate(self)

    def __getitem__(self, key: str) -> dict[str, Any]:
        """A part of the configuration; the data folder is the project's, from any folder in it.

        Kedro makes a dataset's `filepath` absolute, but not the place of a database, nor anything
        that is looked up by a resolver: in a notebook these would begin where it was opened.
        """
        said = self._read_once(key)
        data = said.get(DATA) if key == GLOBALS else None
        if not isinstance(data, str) or Path(data).is_absolute() or self._root == Path.cwd():
            return said
        return {**said, DATA: str(self._root / data)}

    def _read_once(self, key: str) -> dict[str, Any]:
        """A part of the configuration, the same to all who ask, whoever edits a file meanwhile.

        A run's hooks ask for the same parts over and over. Secrets are not kept.
        """
        said: dict[str, Any]
        if key in self or key == CREDENTIALS:
            return self._resolve(key)
        if key not in self._resolved:
            said = self._resolve(key)
            if key in CHECKS:
                CHECKS[key](said)
            self._resolved[key] = said
        return copy.deepcopy(self._resolved[key])

    def _resolve(self, key: str) -> dict[str, Any]:
        """A part of the configuration, its references followed.

        Raises:
            ConfigurationError: If one of them leads nowhere.
        """
        said: dict[str, Any]
        try:
            said = super().__getitem__(key)
        except OmegaConfBaseException as error:
            if isinstance(error.__context__, WeekwiseError):
                raise error.__context__ from None
            raise ConfigurationError(
                f"{key}.yml: {reference_fault(error)}; fix that, and run again"
            ) from error
        return said

    @property
    def _root(self) -> Path:
        """The project around the working folder, or else the one of this configuration."""
        return Path(find_kedro_project(Path.cwd()) or Path(self.conf_source).resolve().parent)

    @property
    def environment(self) -> str:
        """The environment's name.

        `local` is a layer, and Kedro's own word for the default: kedro-mlflow asks for it.
        """
        if self.env and self.env != LOCAL:
            return str(self.env)
        named = os.environ.get(ENVIRONMENT_VARIABLE) if self.env else None
        return str(named or self.default_run_env)

    @property
    def environments(self) -> tuple[str, ...]:
        """The environment and those it extends, itself last.

        Raises:
            ConfigurationError: If there is none of that name, or if they extend each other.
        """
        if self._layers is None:
            self._layers = self._chain()
        return self._layers

    def _chain(self) -> tuple[str, ...]:
        chain: list[str] = []
        name: str | None = self.environment
        while name:
            if name in chain:
                raise ConfigurationError(
                    f"environments extend each other: {' → '.join([*chain, name])}; "
                    f"remove {EXTENDS} from one of their globals.yml"
                )
            if name != self.base_env and (Path(name).name != name or not self._has(name)):
                raise ConfigurationError(self._unknown(name, chain))
            chain.append(name)
            # Unresolved, since resolving needs the layers that are being looked up.
            said = self._read_layer(GLOBALS, name, set())
            check_text(EXTENDS, said.get(EXTENDS))
            name = said.get(EXTENDS)
        return tuple(reversed(chain))

    @property
    def layers(self) -> tuple[str, ...]:
        """The folders that are read, the lowest first."""
        layers = [self.base_env, *(name for name in self.environments if name != self.base_env)]
        if LOCAL not in layers and self._has(LOCAL):
            layers.append(LOCAL)
        return tuple(layers)

    def unresolved(self, key: str, layer: str) -> dict[str, Any]:
        """What one layer's files say, its references as they are written."""
        return self._read_layer(key, layer, set())

    def _unknown(self, name: str, chain: list[str]) -> str:
        """What to say of an environment that is not there."""
        asked = f", which {chain[-1]} extends" if chain else ""
        known = sorted(
            folder.name
            for folder in Path(self.conf_source).glob("*/")
            if folder.is_dir() and folder.name not in _NOT_ENVIRONMENTS
        )
        if not known:
            return f"there is no configuration in {self.conf_source}; put the folder back"
        return f"there is no environment {name}{asked}; choose one of: {', '.join(known)}"

    def _has(self, layer: str) -> bool:
        return bool(self._fs.isdir(Path(self._get_conf_env_path(layer)).as_posix()))

    def _read_raw_config(
        self, key: str
    ) -> tuple[dict[Path, DictConfig], dict[Path, DictConfig], str, str, set[Path]]:
        """All layers as one, so that Kedro resolves them together."""
        layers = self.layers
        soft = self.merge_strategy.get(key) == "soft"
        merged: dict[str, Any] = {ENVIRONMENT: self.environment} if key == GLOBALS else {}
        processed_files: set[Path] = set()
        for layer in layers:
            upper = self._read_layer(key, layer, processed_files)
            if key == GLOBALS and layer in self.environments[:-1] and layer != self.base_env:
                upper = {name: value for name, value in upper.items() if name not in OWN}
            merged = overlaid(merged, upper, soft=soft)
            if key == PARAMETERS and layer == self.environment:
                searched = self._read_layer(SEARCHED, layer, processed_files)
                merged = overlaid(merged, searched, soft=True)
        base, top = (self._get_conf_env_path(layer) for layer in (layers[0], layers[-1]))
        configs = {Path(base): OmegaConf.create(merged)} if merged else {}
        return configs, {}, base, top, processed_files

    def _read_layer(self, key: str, layer: str, processed_files: set[Path]) -> dict[str, Any]:
        """What one layer's files say, unresolved.

        Raises:
            ConfigurationError: If one of them cannot be read as settings.
        """
        files = SettingFiles(self._fs, self._get_conf_env_path(layer), self.config_patterns[key])
        if fault := files.no_file():
            raise ConfigurationError(fault)
        try:
            configs = self._read_dir_configs(
                self._get_conf_env_path(layer),
                [*self.config_patterns[key]],
                key,
                processed_files,
                read_environment_variables=key == CREDENTIALS,
            )
            said = OmegaConf.to_container(
                OmegaConf.unsafe_merge({}, *configs.values()), resolve=False
            )
        except Exception as error:
            # Of a list, say, Kedro asks for keys before it looks whether there are any.
            fault = files.unreadable()
            if not fault and not isinstance(error, (yaml.YAMLError, UnicodeDecodeError)):
                raise
            raise ConfigurationError(fault or str(error)) from None
        return {str(name): value for name, value in said.items()} if isinstance(said, dict) else {}


def overlaid(lower: Mapping[str, Any], upper: Mapping[str, Any], *, soft: bool) -> dict[str, Any]:
    """One layer of configuration over another.

    Args:
        lower: The lower layer.
        upper: The higher layer; its null takes a mapping of the lower one away.
        soft: Whether mappings are merged key by key, or replaced whole.

    Example:
        >>> overlaid({"a": {"x": 1, "y": 2}, "b": {"z": 3}}, {"a": {"x": 0}, "b": None}, soft=True)
        {'a': {'x': 0, 'y': 2}}
    """
    merged = dict(lower)
    for key, value in upper.items():
        below = merged.get(key)
        if value is None and isinstance(below, Mapping):
            del merged[key]
        elif soft and isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = overlaid(below, value, soft=True)
        else:
            merged[key] = value
    return merged


def load_configuration(
    conf_source: str | Path, env: str | None = None, runtime_params: dict[str, Any] | None = None
) -> EnvironmentConfigLoader:
    """The project's configuration, as a session of Kedro's makes it.

    Args:
        conf_source: The folder of configuration.
        env: The environment; by default that of KEDRO_ENV, else that of `pyproject.toml`.
        runtime_params: A run's own parameters.
    """
    from kedro.framework.project import settings

    return EnvironmentConfigLoader(
        conf_source,
        env or os.environ.get(ENVIRONMENT_VARIABLE),
        runtime_params or {},
        **settings.CONFIG_LOADER_ARGS,
    )


def active_configuration() -> EnvironmentConfigLoader | None:
    """The configuration that this process has loaded last: that of its session or command."""
    return _active[-1] if _active else None


def _activate(loader: EnvironmentConfigLoader) -> None:
    """Let the pipelines be those of an environment, whichever was active before.

    Kedro registers a project's pipelines once, and knows nothing of environments there.
    """
    before = active_configuration()
    _active[:] = [loader]
    if before is None or _identity(before) != _identity(loader):
        from kedro.framework import project

        package: str | None = project.PACKAGE_NAME
        if package is not None:
            project.pipelines.configure(f"{package}.pipeline_registry")


def _identity(loader: EnvironmentConfigLoader) -> tuple[str, str]:
    return str(loader.conf_source), loader.environment
