"""The orchestration page: `orchestration.yml` with the model that checks it."""

from __future__ import annotations

from pathlib import Path

import yaml

from _reference import parameters

NAME = "orchestration"


def page(project: Path) -> str:
    """Every setting of the weekly flow: its value, what it takes, its meaning."""
    from weekwise.orchestration.options import OrchestrationOptions

    path = project / "conf" / "base" / f"{NAME}.yml"
    values = {NAME: yaml.safe_load(path.read_text("utf-8"))}
    return parameters.group(NAME, OrchestrationOptions, values)
