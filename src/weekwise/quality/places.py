"""Where a Kedro project keeps its contracts, and where the gate keeps what it finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from weekwise.contract.load import CONTRACTS_FOLDER, load_contracts
from weekwise.contract.model import Contracts
from weekwise.paths import replace_whole
from weekwise.quality.gate_result import GateResult

REPORTING = "08_reporting"
UNDATED = "undated"


class ConfigLoader(Protocol):
    """What the gate asks of Kedro's `OmegaConfigLoader`."""

    conf_source: str | Path

    @property
    def environments(self) -> Sequence[str]:
        """The environment and those it extends, itself last."""

    def __getitem__(self, key: str) -> Mapping[str, Any]:
        """A merged configuration, such as `globals`."""


def project_contracts(config: ConfigLoader) -> Contracts:
    """The contracts of an environment, in the place of those of the environments it extends.

    Args:
        config: The project's configuration loader.

    Raises:
        ContractError: If any contract is wrong.
    """
    conf = Path(config.conf_source)
    return load_contracts(conf / name / CONTRACTS_FOLDER for name in config.environments)


@dataclass(frozen=True)
class RunFolders:
    """The folders of one run.

    Attributes:
        reporting: The data layer for reports.
        as_of: The run's logical date, if it has one.
    """

    reporting: Path
    as_of: date | None = None

    @classmethod
    def of(cls, project: Path, config: ConfigLoader, as_of: Any = None) -> RunFolders:
        """The folders of a project's run.

        Args:
            project: The project's folder, from which `data` of `globals.yml` is seen.
            config: The project's configuration loader.
            as_of: The run's logical date, as a date, as YYYY-MM-DD, or none.
        """
        data = config["globals"].get("data", "data")
        when = date.fromisoformat(as_of[:10]) if isinstance(as_of, str) else as_of
        return cls(reporting=project / data / REPORTING, as_of=when)

    @property
    def gate(self) -> Path:
        """Where the run's verdicts lie, one JSON file a table."""
        return self.reporting / (self.as_of.isoformat() if self.as_of else UNDATED) / "gate"

    def write(self, result: GateResult) -> Path:
        """Write a verdict, whole or not at all, in the place of the same week's former one."""
        path = self.gate / f"{result.table}.json"
        replace_whole(path, result.model_dump_json(indent=2))
        return path
