"""Errors that a user can fix, as one plain message and exit status 1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from kedro.validation.exceptions import ParameterValidationError

from weekwise.errors import EndOfFeed, WeekwiseError


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn Weekwise's own errors, and wrong parameters, into a message without a traceback.

    Libraries wrap errors that pass through them, so the whole chain of causes is looked at.

    Raises:
        click.ClickException: In place of a `WeekwiseError` or a `ParameterValidationError`.
    """
    try:
        yield
    except ParameterValidationError as error:
        # Pydantic's links explain its error types, not the parameter.
        lines = [line for line in str(error).splitlines() if "errors.pydantic.dev" not in line]
        raise click.ClickException(
            "\n".join([*lines, "Fix conf/*/parameters.yml or --params."])
        ) from None
    except Exception as error:
        cause = _weekwise_cause(error)
        if cause is None:
            raise
        if isinstance(cause, EndOfFeed):
            click.echo(str(cause))
            return
        raise click.ClickException(str(cause)) from None


def _weekwise_cause(error: BaseException | None) -> WeekwiseError | None:
    while error is not None:
        if isinstance(error, WeekwiseError):
            return error
        error = error.__cause__ or error.__context__
    return None
