"""The files of one layer of configuration: which of them cannot be read as settings, and why."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from weekwise.yaml_faults import no_mapping, reference_fault, yaml_fault

_SUFFIXES = (".yml", ".yaml", ".json")


@dataclass(frozen=True)
class SettingFiles:
    """Files of settings, wherever they are.

    Attributes:
        system: The file system, as fsspec has it.
        folder: The layer's folder.
        patterns: Which files in it are meant.
    """

    system: Any
    folder: str
    patterns: Sequence[str]

    def no_file(self) -> str:
        """The first name of a file that is none; Kedro would pass over it unsaid. Empty if none."""
        for file in self:
            if file.endswith(_SUFFIXES) and not self.system.isfile(file):
                is_folder = self.system.isdir(file)
                what = "a folder" if is_folder else "a link to a file that is not there"
                return f"{file}: it is {what}; put the file there, or remove it"
        return ""

    def unreadable(self) -> str:
        """The first file that is no YAML, and why; Kedro names the line before. Empty if none."""
        for file in self:
            try:
                said = OmegaConf.load(io.StringIO(self.system.cat_file(file).decode("utf-8")))
            except (yaml.YAMLError, UnicodeDecodeError) as error:
                return f"{file}{yaml_fault(error)}"
            except RecursionError:
                return f"{file}: a part of it contains itself (&name and *name); write it out"
            except OmegaConfBaseException as error:
                return f"{file}: {reference_fault(error)}; fix that, and run again"
            if not isinstance(said, DictConfig):
                return f"{file}{no_mapping(said)}"
        return ""

    def __iter__(self) -> Iterator[str]:
        globs = (Path(self.folder, pattern).as_posix() for pattern in self.patterns)
        yield from sorted(str(file) for glob in globs for file in self.system.glob(glob))
