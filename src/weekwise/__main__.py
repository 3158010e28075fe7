"""`python -m weekwise`: the project's `run` command, also when it is installed as a package."""

from __future__ import annotations

from pathlib import Path

from kedro.framework.project import configure_project


def main() -> None:
    """Run the pipelines of the installed package."""
    configure_project(Path(__file__).parent.name)

    from weekwise.cli.run import run

    run()


if __name__ == "__main__":
    main()
