"""`orchestration.yml` as typed settings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kedro.config import AbstractConfigLoader, MissingConfigException
from kedro.pipeline.node import Node
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from weekwise.errors import OrchestrationError
from weekwise.setting_faults import SettingFault, faults_of

FILE = "orchestration.yml"


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Schedule(_Options):
    """When the weekly deployment runs, and which week it runs.

    Attributes:
        cron: Minute, hour, day of month, month, day of week.
        timezone: An IANA time zone, in which `cron` is read.
        as_of: `next`, the week after the last one in the store; or `scheduled`, the day the run
            was scheduled for.
        catch_up: After an outage: `newest`, only the newest late run starts; or `all` of them.
    """

    cron: str = "0 6 * * 1"
    timezone: str = "UTC"
    as_of: Literal["next", "scheduled"] = "next"
    catch_up: Literal["newest", "all"] = "newest"

    @field_validator("cron")
    @classmethod
    def _is_cron(cls, cron: str) -> str:
        fields = cron.split()
        if len(fields) != 5:  # noqa: PLR2004 - a cron line has five fields
            raise ValueError(f"{cron!r} is not a cron line of five fields, such as '0 6 * * 1'")
        return cron

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{timezone!r} is no IANA time zone, such as UTC") from None
        return timezone


class NodeOptions(_Options):
    """How a node's task is retried and limited.

    Attributes:
        retries: Further attempts after a failure; a broken contract is never retried.
        retry_delay_seconds: Wait before the second attempt; it doubles with each further one.
        timeout_seconds: Time limit of one attempt; null is none.
    """

    retries: int = Field(default=2, ge=0, le=50)
    retry_delay_seconds: float = Field(default=5.0, ge=0)
    timeout_seconds: float | None = Field(default=1800.0, gt=0)


class NodeOverrides(_Options):
    """What differs for some nodes; what is not set stays as it is for all.

    Attributes:
        retries: As for all nodes.
        retry_delay_seconds: As for all nodes.
        timeout_seconds: As for all nodes.
    """

    retries: int | None = Field(default=None, ge=0, le=50)
    retry_delay_seconds: float | None = Field(default=None, ge=0)
    timeout_seconds: float | None = Field(default=None, gt=0)


class OrchestrationOptions(_Options):
    """All of `orchestration.yml`.

    Attributes:
        schedule: When the weekly deployment runs.
        stages: The title of each Kedro pipeline's subflow, in the order of a run.
        resume_at: Where a retried run resumes, in a new process: at the failed `stage`, or at the
            start of the `run`.
        concurrency: Nodes that run at once.
        nodes: Retries and time limit of every node.
        by_tag: What differs for nodes with a tag.
        by_node: What differs for a node, by its name without the pipeline's namespace.
    """

    schedule: Schedule = Schedule()
    stages: Mapping[str, str] = Field(default_factory=dict)
    resume_at: Literal["stage", "run"] = "stage"
    concurrency: int = Field(default=4, ge=1)
    nodes: NodeOptions = NodeOptions()
    by_tag: Mapping[str, NodeOverrides] = Field(default_factory=dict)
    by_node: Mapping[str, NodeOverrides] = Field(default_factory=dict)

    def for_node(self, node: Node) -> NodeOptions:
        """One node's options: those of all nodes, overridden by its tags, then by its name."""
        overrides = [self.by_tag[tag] for tag in sorted(node.tags) if tag in self.by_tag]
        if node.short_name in self.by_node:
            overrides.append(self.by_node[node.short_name])
        return reduce(
            # A null that is written down is a value (no time limit); one that is not, is none.
            lambda options, override: options.model_copy(
                update=override.model_dump(exclude_unset=True)
            ),
            overrides,
            self.nodes,
        )

    def title(self, pipeline_name: str) -> str:
        """The title of a pipeline's subflow; by default the one that Kedro-Viz shows."""
        return self.stages.get(pipeline_name, pipeline_name.replace("_", " ").title())


def load_options(config: AbstractConfigLoader) -> OrchestrationOptions:
    """The environment's `orchestration.yml`, or the defaults if there is none.

    Raises:
        OrchestrationError: If it holds anything that is not understood.
    """
    if faults := option_faults(config):
        raise OrchestrationError(
            "\n".join(f"{fault.where}: {fault.what}; fix it and run again" for fault in faults)
        )
    return OrchestrationOptions.model_validate(_values(config))


def option_faults(config: AbstractConfigLoader) -> list[SettingFault]:
    """What is not understood of the environment's `orchestration.yml`."""
    try:
        OrchestrationOptions.model_validate(_values(config))
    except ValidationError as error:
        return [
            SettingFault(FILE, f"{place}: {what}")
            for place, what in faults_of(error, OrchestrationOptions)
        ]
    return []


def _values(config: AbstractConfigLoader) -> Mapping[str, Any]:
    try:
        values: Mapping[str, Any] = config["orchestration"]
    except MissingConfigException:
        return {}
    return values
