"""`kedro weekly search`: settings that would have done better in an environment's past weeks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import click
import yaml

from weekwise.cli.interruption import stopped_by_keyboard
from weekwise.cli.recipe_setting import Setting, past_weeks, read_setting, recipe_of
from weekwise.configuration import SEARCHED, EnvironmentConfigLoader, overlaid
from weekwise.errors import FeedError
from weekwise.features.model_frame import model_frame
from weekwise.model.lightgbm_learner import lightgbm_is_there, lightgbm_scores
from weekwise.model.predictor import Predictor
from weekwise.model.rolling_origin import RollingOrigin
from weekwise.model.search import (
    CONFIGURED,
    LEAST_WEEKS,
    Place,
    Race,
    Search,
    SettingsChange,
    candidates,
    combined,
)
from weekwise.paths import replace_whole
from weekwise.wording import counted

MOST_ROWS = 60_000
"""Of longer histories a sample is learned from; the weeks that are judged are whole."""
LINEAR, LIGHTGBM = "linear alone", "LightGBM"


def run_search(loader: EnvironmentConfigLoader, *, weeks: int, minutes: float) -> None:
    """Judge candidates over past weeks, print the leaderboard, and write what is chosen.

    Args:
        loader: The environment's configuration.
        weeks: The most weeks to go back.
        minutes: How long to search; a fit that has begun is finished.

    Raises:
        WeekwiseError: If too few past weeks can be judged.
        click.exceptions.Exit: If it was stopped from the keyboard.
    """
    setting = read_setting(loader)
    rolling, origins = past_weeks(loader, setting, weeks)
    rolling.most_rows = MOST_ROWS
    if len(origins) < LEAST_WEEKS:
        raise FeedError(
            f"a search needs {LEAST_WEEKS} past weeks whose outcomes are known, and there "
            f"{'is' if len(origins) == 1 else 'are'} {len(origins)}; run later weeks first, or "
            "lower calendar.min_history_days"
        )
    judge = _Judge(loader["parameters"], setting, rolling)
    end = time.monotonic() + 60 * minutes
    race = Race(_racers(setting, rolling), judge.loss, lambda: time.monotonic() < end)
    asked = counted(len(origins), "past week", "past weeks")
    click.echo(
        f"{counted(len(race.racers), 'candidate', 'candidates')} over {asked}, for at most "
        f"{minutes:g} minutes, from the features as of {setting.window.as_of}."
    )
    with (
        stopped_by_keyboard("Stopped; nothing is chosen, and no setting has changed."),
        _shown(judge),
    ):
        race.run(tuple(reversed(origins)))
        if len(race.winners) > 1:
            race.enter(combined(race.winners, _merged))
    if not race.weeks:
        raise FeedError(
            f"{minutes:g} minutes were too short to judge one week; allow more with --minutes"
        )
    _close(loader, setting, race)


def _close(loader: EnvironmentConfigLoader, setting: Setting, race: Race) -> None:
    """Print the leaderboard, and write the settings if better ones were found."""
    configured = race.racers[0]
    chosen = (race.winners or [configured])[0]
    found = Search(
        as_of=setting.window.as_of,
        weeks=len(race.weeks),
        leaderboard=race.leaderboard(chosen),
    )
    click.echo(leaderboard_text(found.leaderboard))
    # A kill between the two files must not leave a leaderboard of settings that do not hold.
    file = None if chosen.name == CONFIGURED else _write(loader, chosen, found)
    replace_whole(setting.data.search, found.model_dump_json(indent=2))
    if file is None:
        click.echo("No change pays by more than its standard error: the settings stay as they are.")
    else:
        click.echo(f"Chosen: {chosen.name}. Runs take it from {file} on; delete the file to undo.")
    click.echo(setting.data.search)


def leaderboard_text(places: tuple[Place, ...]) -> str:
    """The leaderboard as aligned lines.

    Args:
        places: In their order, at least one.
    """
    rows = [("candidate", "weeks", "loss", "gain", "error", "")]
    rows += [
        (
            place.name,
            str(place.weeks),
            f"{place.loss:.5g}",
            f"{place.gain:+.4g}",
            "" if place.error is None else f"{place.error:.2g}",
            place.result,
        )
        for place in places
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        f"{row[0]:<{widths[0]}}  "
        + "  ".join(f"{row[column]:>{widths[column]}}" for column in range(1, 5))
        + (f"  {row[5]}" if row[5] else "")
        for row in rows
    )


@dataclass
class _Judge:
    """Gives the loss of a candidate in a week."""

    parameters: Mapping[str, Any]
    setting: Setting
    rolling: RollingOrigin
    say: Callable[[str], None] | None = None
    _plain: dict[date, Predictor] = field(default_factory=dict)

    def loss(self, candidate: SettingsChange, week: date) -> float:
        """Its mean loss of the rows of a week."""
        if self.say:
            self.say(f"{week}: {candidate.name}")
        rolling, contract = self.rolling, self.setting.contract
        rows = rolling.week(week)
        if rows.empty:
            raise FeedError(
                f"no row of the week from {week} on has an outcome; ask for fewer weeks"
            )
        outcome = rolling.task.outcomes(rows[contract.target])
        if candidate.served:
            predictor = self._model(candidate, week)
            predicted = predictor.predict(rows)
        else:
            predictor = self._model(SettingsChange(name=CONFIGURED), week)
            known = rolling.known(week)
            if candidate.name == LINEAR:
                predicted = rolling.linear(known, rows, predictor)
            else:
                scores = lightgbm_scores(
                    model_frame(known, predictor.inputs),
                    rolling.task.outcomes(known[contract.target]),
                    model_frame(rows, predictor.inputs),
                    predictor.inputs,
                    loss=predictor.record.loss,
                    seed=predictor.record.params.seed,
                )
                predicted = rolling.task.of_scores(scores, predictor.settings)
        return float(rolling.task.losses(outcome, predicted).mean())

    def _model(self, candidate: SettingsChange, week: date) -> Predictor:
        if candidate.name == CONFIGURED and week in self._plain:
            return self._plain[week]
        # The level correction would do the same for all, and takes its time.
        quick = {"training": {"fit": {"level_correction": False}}}
        changes = _merged(candidate.changes, quick)
        recipe = recipe_of(_merged(self.parameters, changes), self.setting.window)
        model = self.rolling.with_recipe(recipe).model(week)
        if candidate.name == CONFIGURED:
            self._plain[week] = model
        return model


def _racers(setting: Setting, rolling: RollingOrigin) -> tuple[SettingsChange, ...]:
    recipe = setting.recipe
    others = [SettingsChange(name=LINEAR, served=False)]
    if lightgbm_is_there():
        others.append(SettingsChange(name=LIGHTGBM, served=False))
    else:
        click.echo("LightGBM is not installed, so it is not compared with: pip install lightgbm")
    return (
        *candidates(
            recipe.fit,
            setting.contract,
            rows=len(rolling.history) * rolling.task.scores,
            holdout_days=recipe.holdout_days,
            drop=recipe.exploration.drop,
        ),
        *others,
    )


def _merged(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    return overlaid(lower, upper, soft=True)


def _write(loader: EnvironmentConfigLoader, chosen: SettingsChange, found: Search) -> Path:
    """Write what is chosen over what an earlier search chose."""
    file = Path(loader.conf_source) / loader.environment / f"{SEARCHED}.yml"
    before = yaml.safe_load(file.read_text("utf-8")) if file.exists() else {}
    told = {"search": found.model_dump(mode="json")}
    settings = _merged(_merged(before or {}, chosen.changes), told)
    text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=120)
    replace_whole(
        file,
        f"# Written by kedro weekly search as of {found.as_of}: {chosen.name}.\n"
        "# It comes over parameters.yml; delete this file to go back to the settings there.\n"
        + text,
    )
    return file


@contextmanager
def _shown(judge: _Judge) -> Iterator[None]:
    """A status line on a terminal, a line a fit elsewhere."""
    from weekwise.cli.console import console

    screen = console()
    if not screen.is_terminal:
        judge.say = click.echo
        yield
        return
    with screen.status("") as status:
        judge.say = status.update
        yield
