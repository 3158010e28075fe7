"""How much a command that runs something says."""

from __future__ import annotations

import click

verbose_option = click.option(
    "--verbose", is_flag=True, help="Show Kedro's own log instead of the progress."
)
