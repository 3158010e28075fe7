"""CSV files in another encoding than UTF-8."""

from __future__ import annotations

import shutil
import weakref
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import ibis
from kedro_datasets.ibis import FileDataset

from weekwise.infer.csv_options import files_of
from weekwise.infer.text_encoding import utf8_copies


class TranscodedCsvDataset(FileDataset):  # type: ignore[misc]
    """CSV files in Windows-1252, UTF-16 or UTF-32, read by way of copies in UTF-8.

    The copies are in a temporary folder as long as the process needs them. Every file's encoding is
    told when it is read, UTF-8 as well, so that a feed may change its encoding.

    Example in `catalog.yml`:

    ```yaml
    feed:
      type: weekwise.datasets.transcoded_csv.TranscodedCsvDataset
      filepath: orders.csv
      table_name: feed
      connection: ${_store}
      load_args: {delim: ;}
    ```
    """

    def __init__(self, *, filepath: str, **kwargs: Any) -> None:
        """Name the files.

        Args:
            filepath: The file, or a pattern of files that are alike.
            **kwargs: Further arguments of `ibis.FileDataset`.
        """
        super().__init__(filepath=filepath, file_format="csv", **kwargs)
        self._folder: Path | None = None

    def load(self) -> ibis.Table:
        """The rows.

        Raises:
            FeedError: If there is no such file, or the encoding of one cannot be told.
        """
        if self._folder is None:
            self._folder = Path(mkdtemp(prefix="weekwise-"))
            # A table is read when it is asked for its rows: its copies stay as long as this does.
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        copies = utf8_copies(files_of(str(self._get_load_path())), self._folder)
        return self.connection.read_csv(copies, table_name=self._table_name, **self._load_args)
