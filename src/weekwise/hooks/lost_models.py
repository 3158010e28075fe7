"""Whether the embedded MLflow still has the files of the versions that the registry knows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from weekwise.files import is_whole
from weekwise.model.alias_history import CHAMPION
from weekwise.model.model_files import PREDICTOR
from weekwise.model.predictor import CONTRACT_FILE, MODEL_FILE, PREDICTOR_FILE
from weekwise.model.registered_versions import RegisteredVersion
from weekwise.paths import DataFolder


def lost_models(data: DataFolder, versions: Iterable[RegisteredVersion]) -> list[str]:
    """Versions whose files are gone, empty or cut off, in order.

    The champion is left out: the run loads it, and says what is wrong.

    Args:
        data: The environment's data folder.
        versions: What the registry knows.
    """
    lost = [
        version.version
        for version in versions
        if version.model_id is not None and CHAMPION not in version.aliases
        if not _has_files(data.model_files(version.model_id))
    ]
    return sorted(lost, key=int)


def _has_files(folder: Path) -> bool:
    predictor = folder / PREDICTOR
    filled = (folder / "MLmodel", predictor / MODEL_FILE)
    return all(file.is_file() and file.stat().st_size for file in filled) and all(
        is_whole(predictor / name) for name in (CONTRACT_FILE, PREDICTOR_FILE)
    )
