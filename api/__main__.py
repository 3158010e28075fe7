"""`python -m api` starts the service; `python -m api openapi` prints its OpenAPI document."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from pydantic import ValidationError

from api.settings import PREFIX, Settings

_OPTIONS = ("host", "port", "workers")


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for.

    Args:
        arguments: The command line; by default the process' own.

    Returns:
        The exit status.
    """
    parsed = _parser().parse_args(arguments)
    for name in _OPTIONS:
        # Workers are processes of their own and read the environment.
        if getattr(parsed, name) is not None:
            os.environ[f"{PREFIX}{name.upper()}"] = str(getattr(parsed, name))
    try:
        settings = Settings()
    except ValidationError as error:
        sys.stderr.write(_told(error))
        return 2
    if parsed.command == "openapi":
        return _print_document(settings)
    return _serve(settings)


def _serve(settings: Settings) -> int:
    import uvicorn

    from api.logs import log_config

    several = settings.workers > 1
    with _shared_metrics() if several else nullcontext():
        uvicorn.run(
            "api.main:create_app",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers if several else None,
            loop="uvloop",
            http="httptools",
            lifespan="on",
            log_config=log_config(settings.log_level),
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=settings.shutdown_seconds,
        )
    return 0


def _print_document(settings: Settings) -> int:
    from api.http import openapi
    from api.main import document

    open_settings = settings.model_copy(update={"keys": ()})
    sys.stdout.write(openapi.text(document(open_settings)))
    return 0


@contextmanager
def _shared_metrics() -> Iterator[None]:
    """A folder in which workers add their figures up, as prometheus_client asks for."""
    from api.metrics import MULTIPROCESS_DIR

    with tempfile.TemporaryDirectory(prefix="weekwise-metrics-") as folder:
        os.environ[MULTIPROCESS_DIR] = folder
        yield


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m api", description="Serve the registered champion."
    )
    parser.add_argument(
        "command",
        nargs="?",
        choices=("serve", "openapi"),
        default="serve",
        help="serve: start the service; openapi: print its OpenAPI document",
    )
    for name in _OPTIONS:
        kind = str if name == "host" else int
        parser.add_argument(f"--{name}", type=kind, help=f"instead of {PREFIX}{name.upper()}")
    return parser


def _told(error: ValidationError) -> str:
    """What is wrong with the settings, a line each."""
    lines = []
    for one in error.errors(include_url=False, include_input=False):
        name = f"{PREFIX}{str(one['loc'][0]).upper()}: " if one["loc"] else ""
        lines.append(f"{name}{one['msg'].removeprefix('Value error, ')}")
    return "\n".join(["The service does not start:", *lines, ""])


if __name__ == "__main__":
    sys.exit(main())
