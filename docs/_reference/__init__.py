"""The pages of the reference that follow from the project itself, written at build time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from _reference import capacity, catalog, commands, contracts, orchestration, parameters

PAGES: Mapping[str, Callable[[Path], str]] = {
    "data-dictionary.md": contracts.data_dictionary,
    "contract-format.md": contracts.contract_format,
    "calendar-features.md": contracts.calendar_features,
    "parameters.md": parameters.page,
    "orchestration.md": orchestration.page,
    "kedro-commands.md": commands.kedro_commands,
    "make-targets.md": commands.make_targets,
    "datasets.md": catalog.datasets,
    "store-tables.md": catalog.store_tables,
    "capacity-figures.md": capacity.figures,
    "capacity-tables.md": capacity.million_tables,
    "capacity-rows.md": capacity.billion_rows,
    "capacity-requests.md": capacity.many_requests,
}
"""What is written, by file name; each is a function of the project's folder."""


def write(project: Path, folder: Path) -> None:
    """Write every generated page, leaving those alone that would not change.

    Args:
        project: The project's folder.
        folder: Where the pages go; made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        text, path = make(project), folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
