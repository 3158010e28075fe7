"""Errors that a user can fix, as one plain message and exit status 1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from kedro.framework.cli.utils import KedroCliError
from kedro.validation.exceptions import ParameterValidationError

from weekwise.errors import EndOfFeed
from weekwise.system_errors import explained, signal_behind


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what a user can fix into a message without a traceback.

    That is Weekwise's own errors, wrong parameters, and what disks and database engines say.

    Raises:
        click.ClickException: In place of such an error.
    """
    try:
        yield
    except ParameterValidationError as error:
        # Pydantic's links explain its error types, not the parameter.
        lines = [line for line in str(error).splitlines() if "errors.pydantic.dev" not in line]
        raise click.ClickException(
            "\n".join([*lines, "Fix conf/*/parameters.yml or --params."])
        ) from None
    except KedroCliError as error:
        # Kedro's own way to show it loses its words, once it is shown elsewhere than it was raised.
        raise click.ClickException(error.message) from None
    except Exception as error:
        if signal := signal_behind(error):
            raise signal from None
        cause = explained(error)
        if cause is None:
            raise
        if isinstance(cause, EndOfFeed):
            click.echo(str(cause))
            return
        raise click.ClickException(str(cause)) from None
