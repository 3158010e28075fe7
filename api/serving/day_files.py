"""Tables kept as Parquet files, in a folder for each day, for so many days."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_FOLDER = re.compile(r"day=(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class DayFiles:
    """A folder of Parquet files by day, as `day=2030-07-15/…parquet`.

    Attributes:
        folder: The folder.
        keep_days: How many days are kept, today included.
    """

    folder: Path
    keep_days: int

    def write(self, day: date, tables: Sequence[pa.Table]) -> Path:
        """Write a file of some tables that have one schema: the whole file, or none.

        Args:
            day: The day they are of.
            tables: The tables.

        Returns:
            The file.

        Raises:
            OSError: If it cannot be written.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        folder = self.folder / f"day={day}"
        folder.mkdir(parents=True, exist_ok=True)
        moment = datetime.now(UTC).strftime("%H%M%S%f")
        path = folder / f"{moment}-{os.getpid()}.parquet"
        # Whoever reads the folder must not meet half a file: it ends otherwise until it is whole.
        hidden = path.with_name(f".{path.name}.part")
        try:
            pq.write_table(pa.concat_tables(tables), hidden, compression="zstd")
            hidden.replace(path)
        finally:
            hidden.unlink(missing_ok=True)
        return path

    def remove_old(self, today: date) -> None:
        """Remove the folders of days that are over and not kept; nothing else.

        Args:
            today: The day that counts as the first of those that are kept.
        """
        oldest = today - timedelta(days=self.keep_days - 1)
        for folder in self.folder.glob("day=*"):
            match = _FOLDER.fullmatch(folder.name)
            if match is None or match[1] >= f"{oldest}":
                continue
            # Another worker may remove it at the same time.
            shutil.rmtree(folder, ignore_errors=True)
