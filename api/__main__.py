"""`python -m api` starts the service; `python -m api openapi` prints its OpenAPI document."""

from __future__ import annotations

import argparse
import errno
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from pydantic import ValidationError

from api.settings import PREFIX, Settings

_OPTIONS = ("host", "port", "workers")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: The arguments; by default those of the process.

    Returns:
        The exit status.
    """
    parsed = _parser().parse_args(arguments)
    for name in _OPTIONS:
        # Workers are processes of their own and read the environment variables.
        if getattr(parsed, name) is not None:
            os.environ[f"{PREFIX}{name.upper()}"] = str(getattr(parsed, name))
    try:
        settings = Settings()
    except ValidationError as error:
        sys.stderr.write(_message(error))
        return 2
    if parsed.command == "openapi":
        return _print_document(settings)
    return _serve(settings)


def _serve(settings: Settings) -> int:
    if _is_taken(settings.host, settings.port):
        sys.stderr.write(
            f"Port {settings.port} of {settings.host} is in use, perhaps by the service of another "
            f'environment. Choose another: make serve ARGS="--port {settings.port + 1}"\n'
        )
        return 1
    import uvicorn

    from api.http.protocol import LimitedProtocol
    from api.logs import log_config

    has_workers = settings.workers > 1
    with _shared_metrics() if has_workers else nullcontext():
        uvicorn.run(
            "api.main:create_app",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers if has_workers else None,
            loop="uvloop",
            http=LimitedProtocol,
            lifespan="on",
            log_config=log_config(settings.log_level),
            access_log=False,
            server_header=False,
            forwarded_allow_ips=list(settings.trusted_proxies),
            limit_concurrency=settings.max_connections,
            timeout_keep_alive=settings.keep_alive_seconds,
            timeout_graceful_shutdown=settings.shutdown_seconds,
        )
    return 0


def _is_taken(host: str, port: int) -> bool:
    """Whether another process listens on a port; what else may be wrong with it, uvicorn says."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As uvicorn does: a port that a service has just left is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def _print_document(settings: Settings) -> int:
    from api.http.openapi import document_text
    from api.main import openapi_document

    # The document is the same with and without keys.
    open_settings = settings.model_copy(update={"keys": ()})
    sys.stdout.write(document_text(openapi_document(open_settings)))
    return 0


@contextmanager
def _shared_metrics() -> Iterator[None]:
    """A folder where workers add up their metrics, as prometheus_client needs."""
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


def _message(error: ValidationError) -> str:
    """What is wrong with the settings, one line each."""
    lines = []
    for item in error.errors(include_url=False, include_input=False):
        name = f"{PREFIX}{str(item['loc'][0]).upper()}: " if item["loc"] else ""
        lines.append(f"{name}{item['msg'].removeprefix('Value error, ')}")
    return "\n".join(["The service cannot start. Fix these settings:", *lines, ""])


if __name__ == "__main__":
    sys.exit(main())
