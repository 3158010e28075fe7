"""`kedro weekly backtest`: the table and the recipe of an environment, judged over past weeks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TypeVar

import click
from pydantic import BaseModel, ValidationError

from weekwise.cli.backtest_display import shown
from weekwise.cli.interruption import stopped_by_keyboard
from weekwise.cli.recipe_setting import Setting, past_weeks, read_setting
from weekwise.configuration import EnvironmentConfigLoader
from weekwise.contract.frozen import Frozen
from weekwise.model.backtest import Backtest, BacktestWeek, standings, weekly_losses
from weekwise.model.rolling_origin import (
    TRAILING_DAYS,
)
from weekwise.paths import replace_whole
from weekwise.tasks import task_of
from weekwise.wording import counted

Model = TypeVar("Model", bound=BaseModel)


class JudgedWeeks(Frozen):
    """Weeks that are judged already.

    Attributes:
        fingerprint: Of all that they follow from; weeks of another one are of no use.
        weeks: The weeks.
    """

    fingerprint: str
    weeks: tuple[BacktestWeek, ...] = ()


def run_backtest(loader: EnvironmentConfigLoader, weeks: int) -> None:
    """Judge past weeks, say so on the way, and write the page and its figures.

    Args:
        loader: The environment's configuration.
        weeks: The most weeks to go back.

    Raises:
        WeekwiseError: If no past week can be judged.
        click.exceptions.Exit: If it was stopped from the keyboard.
    """
    from weekwise.reports.backtest_page import headline

    setting = read_setting(loader)
    with stopped_by_keyboard("Stopped; the same command goes on with the weeks that are left."):
        result = _judge_weeks(loader, setting, weeks)
    click.echo(headline(result, task_of(setting.contract)))
    click.echo(f"{setting.data.backtest.page}\n{setting.data.backtest.figures}")


def _judge_weeks(loader: EnvironmentConfigLoader, setting: Setting, weeks: int) -> Backtest:
    from weekwise.reports.backtest_page import render_backtest

    rolling, origins = past_weeks(loader, setting, weeks)
    judged = _judged(setting)
    asked = counted(len(origins), "week", "weeks")
    click.echo(f"Going back over {asked}, from the features as of {setting.window.as_of}.")
    with shown(len(origins)) as display:
        rolling.on_progress = display.fitting
        for number, origin in enumerate(origins, start=1):
            display.week(number, origin)
            if origin not in judged:
                judged[origin] = rolling.judge(origin)
                _keep(setting, judged)
            display.judged(judged[origin])
    result = _result(setting, tuple(judged[origin] for origin in origins), weeks)
    folder = setting.data.backtest
    replace_whole(folder.page, render_backtest(result, task_of(setting.contract)))
    replace_whole(folder.figures, result.model_dump_json(indent=2))
    return result


def _judged(setting: Setting) -> dict[date, BacktestWeek]:
    """Weeks that an earlier backtest of the same recipe on the same features has judged."""
    try:
        kept = JudgedWeeks.model_validate_json(setting.data.backtest.weeks.read_bytes())
    except (FileNotFoundError, ValidationError):
        return {}
    if kept.fingerprint != setting.fingerprint:
        return {}
    return {week.as_of: week for week in kept.weeks}


def _keep(setting: Setting, judged: Mapping[date, BacktestWeek]) -> None:
    weeks = tuple(judged[as_of] for as_of in sorted(judged))
    kept = JudgedWeeks(fingerprint=setting.fingerprint, weeks=weeks)
    replace_whole(setting.data.backtest.weeks, kept.model_dump_json())


def _result(setting: Setting, weeks: tuple[BacktestWeek, ...], asked: int) -> Backtest:
    contract = setting.contract
    return Backtest(
        title=contract.title,
        target=contract.columns[str(contract.target)].title,
        as_of=setting.window.as_of,
        horizon_days=min(setting.calendar.step_days, setting.window.horizon_days),
        known_after_days=contract.known_after_days,
        trailing_days=TRAILING_DAYS,
        weeks=weeks,
        asked=asked,
        standings=standings(weeks),
        weekly=weekly_losses(weeks),
    )
