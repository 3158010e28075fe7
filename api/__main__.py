"""`python -m api` starts the service; `python -m api openapi` prints its OpenAPI document."""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> int:
    """Do what the command line asks for."""
    from api import openapi
    from api.main import document
    from api.settings import Settings

    if arguments == ["openapi"]:
        sys.stdout.write(openapi.text(document(Settings(keys=()))))
        return 0
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
