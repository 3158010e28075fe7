from __future__ import annotations

from itertools import pairwise

import click
import pytest
from click.testing import CliRunner, Result
from kedro.framework.cli.utils import KedroCliError

from weekwise.cli.plain_errors import plain_errors
from weekwise.errors import AsOfError, DataGateError, EndOfFeed, WeekwiseError


def ended_by(error: BaseException) -> Result:
    """A command that an error ends."""

    @click.command()
    def command() -> None:
        with plain_errors():
            raise error

    return CliRunner().invoke(command)


def chained(*errors: Exception, how: str = "__cause__") -> Exception:
    """The first of some errors, each wrapping the one after it."""
    for outer, inner in pairwise(errors):
        setattr(outer, how, inner)
    return errors[0]


def test_what_a_user_can_fix_is_one_message() -> None:
    """An error of Weekwise's own is its message alone, and exit status 1."""
    result = ended_by(AsOfError("as_of 'x' is not a date; write it as YYYY-MM-DD"))

    assert result.exit_code == 1
    assert result.output == "Error: as_of 'x' is not a date; write it as YYYY-MM-DD\n"


@pytest.mark.parametrize("how", ["__cause__", "__context__"])
def test_libraries_may_wrap_it(how: str) -> None:
    """However deep in a chain of causes it lies, the message is the user's to read."""
    error = chained(
        RuntimeError("a node failed"),
        OSError("while loading"),
        KeyError("deeper still"),
        DataGateError("flights broke its contract; look at the report"),
        ValueError("what the gate saw"),
        how=how,
    )

    result = ended_by(error)

    assert result.exit_code == 1
    assert result.output == "Error: flights broke its contract; look at the report\n"


def test_the_outermost_speaks() -> None:
    """Of two errors of Weekwise's own in a chain the outer one, which knows more, is shown."""
    result = ended_by(chained(WeekwiseError("outer"), WeekwiseError("inner")))

    assert result.output == "Error: outer\n"


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_end_of_the_data_is_no_error(wrapped: bool) -> None:
    """With nothing left to run the message stands alone, and the exit status is 0."""
    end = EndOfFeed("Nothing to run: the data ends.")

    result = ended_by(chained(RuntimeError("outer"), end) if wrapped else end)

    assert result.exit_code == 0
    assert result.output == "Nothing to run: the data ends.\n"


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyboardInterrupt(), SystemExit(3)])
def test_other_errors_are_left_alone(error: BaseException) -> None:
    """A bug keeps its traceback, and a user who stops a command stops it."""
    with pytest.raises(type(error)) as caught, plain_errors():
        raise error

    assert caught.value is error


def test_without_an_error_nothing_is_said() -> None:
    """What goes well goes on as it was."""
    with plain_errors():
        done = True

    assert done


def test_what_kedros_own_commands_refuse_keeps_its_words() -> None:
    """Kedro's error is shown as any other, not as `NoneType: None`."""
    with pytest.raises(click.ClickException) as caught, plain_errors():
        raise KedroCliError("there is no pipeline nope")

    assert type(caught.value) is click.ClickException
    assert str(caught.value) == "there is no pipeline nope"
