"""A backtest as a page: who did how well over the past weeks, and in which of them."""

from __future__ import annotations

from markupsafe import Markup

from weekwise.model.backtest import (
    CONFIDENCE,
    RESAMPLES,
    RIVALS,
    Backtest,
    Contender,
    Estimate,
    Standing,
)
from weekwise.reports.charts import Series, line_chart
from weekwise.reports.html.blocks import Heading, Tile, badge, bullets, figure, table, tiles
from weekwise.reports.html.markup import Tone
from weekwise.reports.html.page import Headline, Section, render_page
from weekwise.tasks.base import Task
from weekwise.wording import counted, number, percent, whole

NAMES = {
    Contender.RECIPE: "the recipe",
    Contender.LAST_WEEK: "last week's model",
    Contender.LINEAR: "linear",
    Contender.TRAILING: "trailing constant",
}
TONES: dict[Contender, Tone] = {
    Contender.RECIPE: "accent",
    Contender.LAST_WEEK: "second",
    Contender.LINEAR: "warn",
    Contender.TRAILING: "plain",
}


def render_backtest(backtest: Backtest, task: Task) -> str:
    """Render the page.

    Args:
        backtest: What was found.
        task: What is predicted.
    """
    first, last = backtest.weeks[0].as_of, backtest.weeks[-1].as_of
    return render_page(
        title=backtest.title,
        kicker="Backtest",
        subtitle=f"{counted(len(backtest.weeks), 'week', 'weeks')}, which began on {first} to "
        f"{last}; each predicted from what was known when it began",
        headline=Headline(headline(backtest, task)),
        summary=[_key_figures(backtest, task)],
        sections=[
            _standings_section(backtest, task),
            _weeks_section(backtest, task),
            _level_section(backtest, task),
            _method_section(backtest, task),
        ],
        footer=f"Weekwise, from the features as of {backtest.as_of}.",
    )


def headline(backtest: Backtest, task: Task) -> str:
    """What to take away, in two sentences.

    Args:
        backtest: What was found.
        task: What is predicted.
    """
    ours, constant = (
        backtest.standing(contender).loss.value
        for contender in (Contender.RECIPE, Contender.TRAILING)
    )
    saved = _saved(ours, constant)
    word = f"{percent(saved)} under" if saved >= 0 else f"{percent(-saved)} over"
    return (
        f"The recipe's {task.words.loss} is {number(ours, 4)}, {word} a trailing constant's. "
        f"{_judgment(backtest)}"
    )


def _saved(ours: float, theirs: float) -> float:
    return 1 - ours / theirs if theirs else 0.0


def _judgment(backtest: Backtest) -> str:
    """Whom the recipe beats beyond doubt, and whom it does not."""
    surely = [standing for standing in backtest.standings if _sure(standing) > 0]
    worse = [standing for standing in backtest.standings if _sure(standing) < 0]
    if worse:
        return f"It is credibly worse than {_listed(worse)}."
    if len(surely) == len(RIVALS):
        return "It is credibly better than each of its rivals."
    if not surely:
        return "It cannot be told from any of its rivals."
    return f"It is credibly better than {_listed(surely)}, and cannot be told from the others."


def _listed(standings: list[Standing]) -> str:
    names = [_phrase(standing.contender) for standing in standings]
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def _phrase(contender: Contender) -> str:
    """A contender in the middle of a sentence."""
    return {
        Contender.LINEAR: "a plain linear model",
        Contender.TRAILING: "a trailing constant",
    }.get(contender, NAMES[contender])


def _sure(standing: Standing) -> int:
    """1 if the recipe is credibly better, -1 if it is credibly worse, else 0."""
    if standing.behind is None:
        return 0
    return int(standing.behind.low > 0) - int(standing.behind.high < 0)


def _key_figures(backtest: Backtest, task: Task) -> Markup:
    recipe = backtest.standing(Contender.RECIPE).loss
    earned = backtest.standing(Contender.LAST_WEEK)
    rows = sum(week.rows for week in backtest.weeks)
    return tiles(
        [
            Tile(f"The recipe's {task.words.loss}", number(recipe.value, 4), _interval(recipe)),
            *(
                Tile(
                    f"Saved against {_phrase(contender)}",
                    percent(_saved(recipe.value, backtest.standing(contender).loss.value)),
                    f"better in {_won(backtest, contender)} weeks",
                )
                for contender in (Contender.TRAILING, Contender.LINEAR)
            ),
            Tile(
                "Earned by each retraining",
                number(earned.behind.value, 2) if earned.behind else "",
                f"of {task.words.loss}, against last week's model",
            ),
            Tile("Rows judged", whole(rows), f"in {counted(len(backtest.weeks), 'week', 'weeks')}"),
        ]
    )


def _won(backtest: Backtest, contender: Contender) -> str:
    return f"{backtest.standing(contender).weeks_lost} of {len(backtest.weeks)}"


def _standings_section(backtest: Backtest, task: Task) -> Section:
    rows = [
        [
            NAMES[standing.contender],
            _verdict(standing),
            number(standing.loss.value, 4),
            _interval(standing.loss),
            _behind(standing),
            "" if standing.behind is None else _won(backtest, standing.contender),
        ]
        for standing in backtest.standings
    ]
    heads = [task.words.loss_title, "Interval", "Behind the recipe by", "Weeks lost to it"]
    return Section(
        "Over all weeks",
        [
            table(
                f"All contenders on the same rows, with {CONFIDENCE:.0%} intervals; lower is "
                "better",
                ["Contender", "Against the recipe", *(Heading(head, "number") for head in heads)],
                rows,
            )
        ],
        lead="A contender is behind, or ahead, where the whole interval of the difference lies on "
        "one side of zero.",
    )


def _behind(standing: Standing) -> str:
    behind = standing.behind
    if behind is None:
        return ""
    return f"{behind.value:+.4f} ({behind.low:+.4f} to {behind.high:+.4f})"


def _verdict(standing: Standing) -> Markup | str:
    if standing.behind is None:
        return ""
    sure = _sure(standing)
    if sure == 0:
        return badge("no telling")
    return badge("behind", tone="ok") if sure > 0 else badge("ahead", tone="act")


def _weeks_section(backtest: Backtest, task: Task) -> Section:
    names = [f"{week.as_of:%d %b}" for week in backtest.weeks]
    lines = [
        Series(
            NAMES[contender],
            [week.loss(contender) for week in backtest.weeks],
            [each.low for each in backtest.weekly] if contender is Contender.RECIPE else None,
            [each.high for each in backtest.weekly] if contender is Contender.RECIPE else None,
            tone=TONES[contender],
            dashed=contender is Contender.LAST_WEEK,
        )
        for contender in (*reversed(RIVALS), Contender.RECIPE)
    ]
    chart = line_chart(
        names,
        lines,
        title=f"{task.words.loss_title} by week",
        show=lambda value: number(value, 4),
        height=260,
        from_zero=False,
    )
    caption = (
        f"{task.words.loss_title} of each week, lower is better; the band is the recipe's "
        "interval. Hard weeks are hard for everyone: what counts is the distance between lines."
    )
    return Section("Week by week", [figure(chart, caption), _weeks_table(backtest, task)])


def _weeks_table(backtest: Backtest, task: Task) -> Markup:
    contenders = (Contender.RECIPE, *RIVALS)
    heads = ["Trained on", "Features", "Rows", *(NAMES[each] for each in contenders)]
    heads += [task.words.mean_prediction, task.words.mean_outcome]
    return table(
        "Weeks by their first day",
        ["Week", *(Heading(head, "number") for head in heads)],
        [
            [
                str(week.as_of),
                whole(week.trained_on),
                whole(week.features),
                whole(week.rows),
                *(number(week.loss(contender), 4) for contender in contenders),
                task.show(week.mean_prediction),
                task.show(week.mean_outcome),
            ]
            for week in backtest.weeks
        ],
    )


def _level_section(backtest: Backtest, task: Task) -> Section:
    chart = line_chart(
        [f"{week.as_of:%d %b}" for week in backtest.weeks],
        [
            Series(task.words.mean_prediction, [week.mean_prediction for week in backtest.weeks]),
            Series(
                task.words.mean_outcome,
                [week.mean_outcome for week in backtest.weeks],
                tone="second",
            ),
        ],
        title="Predicted and actual level by week",
        show=task.show,
        from_zero=False,
    )
    caption = "Where the two lines part, the week as a whole was not foreseen."
    return Section("The level of each week", [figure(chart, caption)])


def _method_section(backtest: Backtest, task: Task) -> Section:
    waits = (
        f" An outcome counts as known {counted(backtest.known_after_days, 'day', 'days')} after "
        "its row's date."
        if backtest.known_after_days
        else ""
    )
    fewer = (
        f" {backtest.asked} weeks were asked for; before these there is too little history."
        if backtest.asked > len(backtest.weeks)
        else ""
    )
    rolling = (
        "Rolling origin: for each week features were chosen and a model was fitted on the rows "
        "whose outcome was due when the week began, and held against the "
        f"{backtest.horizon_days} days that follow.{waits}{fewer}"
    )
    recipe = (
        "The recipe is the model that a run of that week trains. The promotion gate, which may "
        "keep an older one, is left out. Last week's model is that of the origin before: what it "
        "loses is what a retraining earns."
    )
    plain = (
        "Linear is a logistic or ridge regression on the same inputs, with scikit-learn's own "
        "settings. The trailing constant predicts for every row what the outcomes of the "
        f"{backtest.trailing_days} newest known days predict alone."
    )
    intervals = (
        f"Intervals hold {CONFIDENCE:.0%}: days are drawn anew {whole(RESAMPLES)} times, and all "
        f"contenders are compared on the same draw. {task.words.loss_title} is a mean over rows."
    )
    now = "Outcomes that were corrected later count as they are now."
    return Section("How it was measured", [bullets([rolling, recipe, plain, intervals, now])])


def _interval(estimate: Estimate) -> str:
    return f"{number(estimate.low, 4)} to {number(estimate.high, 4)}"
