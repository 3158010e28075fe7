"""Real sources of a feed, by the catalog entries that the documentation shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pandas as pd
import pytest
import yaml
from moto.server import ThreadedMotoServer

import other_tables
import postgres
import runs

pytestmark = pytest.mark.slow

PAGE = runs.PROJECT / "docs" / "how-to" / "read-from-other-sources.md"
BLOCK = re.compile(r"```yaml\n# conf/(?P<file>\S+)\n(?P<text>.*?)```", re.DOTALL)
MAX_LINES = 10
ACCOUNT = {
    "region_name": "us-east-1",
    "aws_access_key_id": "an-access-key",
    "aws_secret_access_key": "a-secret",
}
WEEK = other_tables.WEEKS[0]


def blocks(heading: str, file: str) -> list[str]:
    """The YAML of the page's section with this heading, for a file below `conf/`."""
    sections = re.split("^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    (section,) = (text for text in sections if text.startswith(f"{heading}\n"))
    return [match["text"] for match in BLOCK.finditer(section) if match["file"] == file]


def orders() -> pd.DataFrame:
    """Orders of which the data gate takes none out: what it has filtered is in memory."""
    return other_tables.orders().drop_duplicates("order_id")


class Project:
    """The environment `orders` without a feed yet, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.conf = other_tables.write_environment(folder)
        (folder / "feed.parquet").unlink()

    def enter(self, heading: str, number: int = 0) -> None:
        """Write the page's catalog entry, with its files in this project's folder."""
        entry = blocks(heading, "orders/catalog.yml")[number]
        assert len(entry.splitlines()) <= MAX_LINES
        (self.conf / "orders" / "catalog.yml").write_text(
            entry.replace(": feed/", f": {self.folder}/feed/")
        )

    def give(self, heading: str, real: dict[str, Any], number: int = 0) -> None:
        """Write real credentials in place of the page's, which must have the same keys."""
        shown = yaml.safe_load(blocks(heading, "local/credentials.yml")[number])
        assert {name: set(keys) for name, keys in shown.items()} == {
            name: set(keys) for name, keys in real.items()
        }
        (self.conf / "local").mkdir()
        (self.conf / "local" / "credentials.yml").write_text(yaml.safe_dump(real))

    def run(self) -> pd.DataFrame:
        """Run the only pipeline of a week that reads the feed; what it stored."""
        data = self.folder / "data" / "orders"
        pipelines = ["data_wrangling"]
        runs.run(data, WEEK, env="orders", conf_source=self.conf, pipelines=pipelines)
        return stored(data)


def stored(data: Path) -> pd.DataFrame:
    """The features of a store."""
    with duckdb.connect(str(data / "weekwise.duckdb"), read_only=True) as store:
        return store.sql("SELECT * FROM features ORDER BY ALL").df()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """What a run stores that reads the same rows from one Parquet file."""
    folder = tmp_path_factory.mktemp("expected")
    return stored(other_tables.run_weeks(folder, weeks=[WEEK], frame=orders()))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The environment, without a feed yet."""
    return Project(tmp_path)


@pytest.fixture(scope="module")
def shop() -> Iterator[postgres.Server]:
    """A PostgreSQL server with the orders."""
    if postgres.programs() is None:
        pytest.skip("PostgreSQL is not installed; run: make postgres")
    with postgres.running() as server:
        server.write(orders(), "orders")
        yield server


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    """A local server that speaks S3, with the orders; gives its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=url, **ACCOUNT)
    client.create_bucket(Bucket="shop")
    client.put_object(Bucket="shop", Key="orders.parquet", Body=orders().to_parquet(index=False))
    yield url
    client.close()
    server.stop()


def test_a_folder_that_gets_a_file_every_week(project: Project, expected: pd.DataFrame) -> None:
    """Weekly CSV files are one feed, though an old one has its columns in another order."""
    heading, folder = "A folder that gets a file every week", project.folder / "feed" / "orders"
    folder.mkdir(parents=True)
    frame = orders()
    for number, (week, rows) in enumerate(frame.groupby(frame["placed"].dt.to_period("W"))):
        columns = list(frame.columns)[:: -1 if number == 0 else 1]
        rows[columns].to_csv(folder / f"{week.start_time:%Y-%m-%d}.csv", index=False)
    project.enter(heading)

    pd.testing.assert_frame_equal(project.run(), expected)


def test_partitions_by_date(project: Project, expected: pd.DataFrame) -> None:
    """Hive's folders are one feed, with the columns that are in the files."""
    frame = orders()
    for day, rows in frame.groupby(frame["placed"].dt.date):
        folder = project.folder / "feed" / "orders" / f"day={day}"
        folder.mkdir(parents=True)
        rows.to_parquet(folder / "part-0.parquet", index=False)
    project.enter("Parquet, partitioned by date")

    pd.testing.assert_frame_equal(project.run(), expected)


@pytest.mark.parametrize("number", [0, 1], ids=["table", "query"])
def test_postgres(
    number: int, project: Project, shop: postgres.Server, expected: pd.DataFrame
) -> None:
    """A table that Ibis reads, and a query that pandas reads, from a real server."""
    project.enter("PostgreSQL", number)
    real = [{"shop": shop.credentials}, {"shop_url": {"con": shop.url}}]
    project.give("PostgreSQL", real[number], number)

    pd.testing.assert_frame_equal(project.run(), expected)


def test_duckdb(project: Project, expected: pd.DataFrame) -> None:
    """A table in a DuckDB file that is not the store."""
    (project.folder / "feed").mkdir()
    with duckdb.connect(str(project.folder / "feed" / "shop.duckdb")) as shop:
        shop.register("given", orders())
        shop.sql("CREATE TABLE orders AS SELECT * FROM given")
    project.enter("A DuckDB file")

    pd.testing.assert_frame_equal(project.run(), expected)


def test_s3(project: Project, storage: str, expected: pd.DataFrame) -> None:
    """A Parquet file behind the protocol of S3."""
    heading = "S3 and what speaks like it"
    project.enter(heading)
    keys = {"key": "an-access-key", "secret": "a-secret"}
    project.give(heading, {"shop_s3": {**keys, "client_kwargs": {"endpoint_url": storage}}})

    pd.testing.assert_frame_equal(project.run(), expected)


def test_excel(project: Project, expected: pd.DataFrame) -> None:
    """A sheet, whose numbers and dates are Excel's."""
    (project.folder / "feed").mkdir()
    orders().to_excel(project.folder / "feed" / "orders.xlsx", sheet_name="orders", index=False)
    project.enter("An Excel sheet")

    pd.testing.assert_frame_equal(project.run(), expected)


def test_each_source_is_read_here() -> None:
    """No entry of the page goes without a run."""
    entries = [
        match for match in BLOCK.finditer(PAGE.read_text("utf-8")) if "catalog" in match["file"]
    ]

    assert len(entries) == 7
