"""What a disk, a database engine or a damaged file says, in one sentence with a next step."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Sequence

from weekwise.errors import (
    ApiUnavailableError,
    ConfigurationError,
    FeedError,
    RegistryError,
    StoreError,
    WeekwiseError,
)

RESTORE = (
    "put a backup of the data folder back, or move what is damaged away and run the weeks again "
    "with: kedro weekly backfill --from DATE --to DATE"
)
_ADVICE = {
    errno.ENOSPC: "make room on the disk, and run again",
    errno.EDQUOT: "make room in your quota, and run again",
    errno.EACCES: "give this user the right to read and write there, and run again",
    errno.EPERM: "give this user the right to read and write there, and run again",
    errno.EROFS: "make the disk writable, or move the data folder with WEEKWISE_DATA_DIR",
    errno.EMFILE: "raise the limit of open files (ulimit -n), and run again",
    errno.ENFILE: "end programs that hold many files open, and run again",
    errno.EISDIR: "a folder is where a file should be: move it away, and run again",
    errno.ENOTDIR: "a file is where a folder should be: move it away, and run again",
    errno.EEXIST: "a file or a broken link is in a folder's place: move it away, and run again",
    errno.ELOOP: "the link leads to itself: remove it, and run again",
    errno.ENAMETOOLONG: "take a shorter name or path, and run again",
    errno.EIO: "check the disk, and run again",
}
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_TEXTS = {
    "no space left on device": errno.ENOSPC,
    "database or disk is full": errno.ENOSPC,
    "disk quota exceeded": errno.EDQUOT,
    "permission denied": errno.EACCES,
    "read-only file system": errno.EROFS,
    "attempt to write a readonly database": errno.EACCES,
    "too many open files": errno.EMFILE,
    "input/output error": errno.EIO,
    "is a directory": errno.EISDIR,
    "not a directory": errno.ENOTDIR,
    "too many levels of symbolic links": errno.ELOOP,
}
"""What databases say in place of an error number, in lower case."""
_AWAY = re.compile(
    "connection (to server .*)?(refused|reset|failed|timed out)|max retries exceeded|"
    "could not connect|closed the connection|terminating connection|translate host name|"
    "name resolution|failed with exception|error code 50[234]|is shutting down|is starting up",
    re.IGNORECASE | re.DOTALL,
)
"""What clients say of a server that is not there."""
_ANSWERED = ("INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE")
"""Codes of an MLflow server that is there, and whose database may be away."""
_SERVERS = ("psycopg", "psycopg2", "sqlalchemy", "mlflow", "httpx", "httpcore")
_DRIVERS = ("psycopg2", "MySQLdb", "pymysql", "pyodbc", "pymssql")
"""What SQLAlchemy imports for a database that the user has named."""
_DATABASES = ("_duckdb", "duckdb", "sqlite3", "sqlalchemy", "mlflow")
_UNREADABLE = (
    "not a valid duckdb database",
    "could not read enough bytes",
    "corrupt",
    "malformed",
    "file is not a database",
    "failed to load metadata pointer",
    "checksum",
)
_FOREIGN = re.compile("existing object .* is of type")
"""What DuckDB says of a view, say, that has the name of a table of ours."""
_ENTRY = re.compile(
    "parsing config for dataset|not a valid dataset configuration|must only contain arguments|"
    "unable to find credentials|type.* is missing from dataset",
    re.IGNORECASE,
)
"""What Kedro says of an entry of the catalog that it cannot use."""
_FEED = re.compile("sniffing file|csv error|parquet|malformed json", re.IGNORECASE)


def explained(
    error: BaseException, *, outside: BaseException | None = None
) -> WeekwiseError | None:
    """An error that a user can fix, if there is one among an error and its causes.

    Args:
        error: What was raised; libraries wrap errors that pass through them.
        outside: What was being handled before; Python counts it among the causes, too.

    Returns:
        Weekwise's own error among the causes, or one that says in a sentence what a disk or a
        database engine has said; None if the error is a defect.
    """
    chain = list(_chain(error, outside))
    for each in chain:
        if isinstance(each, WeekwiseError):
            return each
    for each in chain:
        plain = _set_up_wrongly(each)
        if plain is not None:
            return plain
    for each in reversed(chain):
        plain = _plain(each, _whose(chain))
        if plain is not None:
            return plain
    return _absent_file(chain)


def signal_behind(error: BaseException) -> BaseException | None:
    """What the handler of a signal raised, if an error is that, or comes from it.

    DuckDB ends a query on Ctrl-C with a `RuntimeError`, and Kedro wraps that once more.

    Args:
        error: What was raised.

    Returns:
        The `KeyboardInterrupt`, or what stands for another signal; None if there is none.
    """
    for each in _chain(error):
        if not isinstance(each, (Exception, SystemExit, GeneratorExit)):
            return each
    return None


def is_damaged(error: BaseException) -> bool:
    """Whether a database engine says that a file is not, or no longer, a database."""
    text = str(error).lower()
    return any(words in text for words in _UNREADABLE)


def first_lines(error: BaseException, most: int = 2) -> str:
    """What an engine says, without its statements, hints and stack.

    Args:
        error: What it has raised.
        most: How many lines of it to take; the first is the fault, the next its line in a file.
    """
    said: list[str] = []
    for line in str(error).strip().splitlines():
        if said and (not line.strip() or line.startswith(("LINE ", "[SQL", "It was not"))):
            break
        said.append(line.strip().rstrip("."))
        if len(said) == most:
            break
    return ": ".join(said)


def _chain(
    error: BaseException | None, outside: BaseException | None = None
) -> Iterator[BaseException]:
    known = {id(outside)}
    while error is not None and id(error) not in known:
        known.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _set_up_wrongly(error: BaseException) -> WeekwiseError | None:
    """What to say of something that the project lacks, or that its files say wrongly."""
    if type(error).__name__ in ("DatasetError", "KeyError") and _ENTRY.search(str(error)):
        return ConfigurationError(_of_entry(error))
    if isinstance(error, ModuleNotFoundError) and error.name in _DRIVERS:
        return RegistryError(
            f"MLflow's database needs the Python package {error.name}; install it, or set "
            "MLFLOW_TRACKING_URI to a server as http://HOST:PORT"
        )
    if type(error).__name__ == "TableNotFound":
        return StoreError(
            f"the store has no table {first_lines(error, most=1)}; make it with the pipeline "
            "that writes it, or all with: kedro run"
        )
    if type(error).__name__ == "MissingConfigException":
        return ConfigurationError(f"{first_lines(error, most=1)}; put the folder back")
    return None


def _of_entry(error: BaseException) -> str:
    """What is wrong with an entry of the catalog, without Kedro's hints."""
    said = str(error.args[0]) if error.args else ""
    lines = [" ".join(line.split()).rstrip(".") for line in said.splitlines() if line.strip()]
    lines = [re.sub("^An exception occurred when parsing config for ", "", line) for line in lines]
    words = ": ".join(line.rstrip(":") for line in lines if not line.startswith("Hint"))
    words = re.sub(r": check your data catalog .*", "", words)
    return f"catalog.yml: {words}; fix that entry"


def _absent_file(chain: Sequence[BaseException]) -> WeekwiseError | None:
    """A file of the catalog that is not there; any other that is not there is a defect."""
    for each in chain:
        if type(each).__name__ == "VersionNotFoundError":
            return FeedError(
                f"{first_lines(each, most=1)}; see load_args and versioned in its entry"
            )
        if type(each).__name__ == "DatasetError" and isinstance(chain[-1], FileNotFoundError):
            dataset, file = str(each).partition(":")[0], chain[-1].filename
            return FeedError(
                f"{dataset}: there is no file {file}; put it there, make it with the pipeline that "
                "writes it, or fix its entry in catalog.yml"
            )
    return None


def _plain(error: BaseException, whose: str) -> WeekwiseError | None:
    if isinstance(error, OSError) and error.errno in _ADVICE:
        # Of two names, as in a copy, the second is what was to be written.
        name = (error.errno in _NO_ROOM and error.filename2) or error.filename
        file = f"{name}: " if name else ""
        return StoreError(f"{file}{error.strerror}; {_ADVICE[error.errno]}")
    module = type(error).__module__.partition(".")[0]
    if module in _SERVERS and (away := _away(error, module, whose)):
        return away
    if module in _DATABASES:
        return _said_by_database(error, whose)
    if module == "pyarrow" and "parquet" in str(error).lower():
        return FeedError(f"{first_lines(error)}; the file is damaged or cut off: {RESTORE}")
    return None


def _away(error: BaseException, module: str, whose: str) -> WeekwiseError | None:
    """What to say of a server that is away, if that is what an error says."""
    if module.startswith("http"):
        if not any(kind.__name__ == "TransportError" for kind in type(error).__mro__):
            return None
        return ApiUnavailableError(
            f"the Prefect API does not answer ({first_lines(error, 1) or type(error).__name__}); "
            "start its server, and go on with: kedro weekly run --retry"
        )
    text = str(error)
    if not _AWAY.search(text):
        return None
    if (
        module == "mlflow"
        and getattr(error, "error_code", "") in _ANSWERED
        and "API re" not in text
    ):
        return RegistryError(
            f"the MLflow server has failed ({first_lines(error, 1)}); see to its database, and run "
            "again"
        )
    if module == "mlflow":
        # Without a user's name and password.
        found = re.search(r"(https?://)(?:[^/@\s]*@)?([^/\s]+)", text)
        server = f" {found[1]}{found[2]}" if found else ""
        return RegistryError(
            f"the MLflow server{server} does not answer; start it, or fix MLFLOW_TRACKING_URI, and "
            "run again"
        )
    return FeedError(
        f"{whose}{first_lines(error, 1)}; the database does not answer: start it, or fix its "
        "address in the credentials, and run again"
    )


def _whose(chain: Sequence[BaseException]) -> str:
    """Which database has said it: unlike DuckDB, SQLite does not name its file."""
    if not any(type(each).__module__.partition(".")[0] == "mlflow" for each in chain):
        return ""
    # MLflow sets it as soon as a run knows its store.
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    file = uri.removeprefix("sqlite:///")
    return f"the MLflow database{'' if file == uri else f' {file}'}: "


def _said_by_database(error: BaseException, whose: str) -> WeekwiseError | None:
    text = str(error).lower()
    for words, number in _TEXTS.items():
        if words in text:
            return StoreError(f"{whose}{first_lines(error)}; {_ADVICE[number]}")
    if _FOREIGN.search(text):
        return StoreError(
            f"{first_lines(error)}; another program has changed the store: drop what it has made, "
            f"or {RESTORE}"
        )
    if is_damaged(error):
        return StoreError(f"{whose}{first_lines(error)}; {RESTORE}")
    if getattr(error, "error_code", "") == "RESOURCE_DOES_NOT_EXIST":
        return RegistryError(
            f"MLflow no longer has what the run needs ({first_lines(error)}): it was deleted or "
            "renamed there; bring it back under its name, or run the week again"
        )
    if _FEED.search(text):
        return FeedError(
            f"{first_lines(error)}; is the file cut off, or of another format than catalog.yml "
            "says? Fetch it again or fix it, and run again"
        )
    return None
