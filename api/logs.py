"""Logs: one JSON object a line, on standard error, never with the values of a row."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO, NamedTuple

import orjson

FLUSH_SECONDS = 0.1
_LONGEST_PATH = 200


class JsonFormatter(logging.Formatter):
    """A log record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON; an exception's traceback is part of it."""
        line: dict[str, Any] = {
            "time": _time(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class AccessLine(NamedTuple):
    """What is said of a request; its query, headers and body are left out.

    Attributes:
        request_id: Its id.
        client: The address it came from, behind trusted proxies the one that they name.
        key: The name of its API key.
        method: The HTTP method.
        path: The path, without the query.
        status: The HTTP status of the response.
        seconds: How long it took.
        model_version: The version that answered.
        rows: How many rows it asked about.
    """

    request_id: str
    client: str | None
    key: str | None
    method: str
    path: str
    status: int
    seconds: float
    model_version: str | None
    rows: int | None


@dataclass
class AccessLog:
    """Logs requests. Lines are written several at a time: a write for each would double the cost.

    Attributes:
        stream: Where lines go.
    """

    stream: BinaryIO = field(default_factory=lambda: sys.stderr.buffer)
    _lines: list[bytes] = field(default_factory=list)

    def write(self, line: AccessLine) -> None:
        """Log a request.

        Args:
            line: What is said of it.
        """
        content = {
            "time": _time(time.time()),
            "level": "info",
            "logger": "api.access",
            "request_id": line.request_id,
            "client": line.client,
            "key": line.key,
            "method": line.method,
            "path": line.path[:_LONGEST_PATH],
            "status": line.status,
            "model_version": line.model_version,
            "rows": line.rows,
            "ms": round(line.seconds * 1000, 3),
        }
        self._lines.append(orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE))
        if len(self._lines) == 1:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Write the lines that are waiting."""
        lines, self._lines = self._lines, []
        if lines:
            self.stream.write(b"".join(lines))
            self.stream.flush()


def log_config(level: str) -> dict[str, Any]:
    """The configuration of Python's logging for the whole process.

    Args:
        level: The lowest level that is logged.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {
            "api": {"level": level.upper()},
            "uvicorn": {"level": level.upper()},
            # It warns at every retry while MLflow is away; the watcher says it once.
            "urllib3": {"level": "ERROR"},
        },
    }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
