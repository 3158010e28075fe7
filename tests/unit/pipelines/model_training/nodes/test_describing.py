from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from challengers import (
    CHALLENGER,
    HOLDOUT_ROWS,
    NO_CHALLENGER,
    NOBODY,
    REIGNING,
    TRAINING,
    TRAINING_ROWS,
    evaluated,
    judged,
    refitted,
)
from trains import CONTRACT, predictor
from weekwise.errors import FeedError
from weekwise.features.time_features import CALENDAR_FEATURES
from weekwise.model.contenders import Challenger, CurrentChampion
from weekwise.pipelines.model_training.nodes import describing
from weekwise.reports.charts import ChartFigure


def card(challenger: Challenger = CHALLENGER, current: CurrentChampion = REIGNING) -> str:
    """The model card of a run."""
    verdict = judged(challenger, current)
    return describing.write_model_card(challenger, current, evaluated(challenger, current), verdict)


def table_row(text: str, first_cell: str) -> list[str]:
    """A row of a Markdown table."""
    line = next(one for one in text.splitlines() if one.startswith(f"| {first_cell} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


class TestWriteModelCard:
    def test_the_model_that_was_trained(self) -> None:
        """The card names model, dates, rows and inputs of the challenger."""
        text = card()

        record = predictor(31).record
        assert text.startswith("# Model card: Trains, version 2\n")
        assert table_row(text, "as of")[1] == str(record.as_of)
        assert table_row(text, "rows")[1].startswith(f"{record.rows:,}, and ")
        assert table_row(text, "trees")[1] == str(record.trees)
        top = predictor(31).importances()
        assert table_row(text, str(top.index[0]))[1] == f"{top.iloc[0]:.1f}"
        assert f"All inputs: {', '.join(predictor(31).features)}, " in text

    def test_a_model_that_was_fitted_again(self) -> None:
        """The card tells the rows of the model in service from those of the twin it judged."""
        text = card(refitted(CHALLENGER))

        rows, judged = len(TRAINING_ROWS) + len(HOLDOUT_ROWS), predictor(31).record
        assert table_row(text, "rows")[1] == f"{rows:,}"
        assert table_row(text, "its twin, which was judged")[1].startswith(
            f"{judged.rows:,} rows up to, not including, {judged.train_end}, and "
        )
        assert "these figures are of the twins" in text

    def test_the_kept_champion(self) -> None:
        """A run that trained nothing describes the champion, and gives no figures to nobody."""
        text = card(NO_CHALLENGER)

        assert text.startswith("# Model card: Trains, version 1\n")
        assert "- No run trains (retrain: never)." in text
        assert table_row(text, "metric") == ["metric", "champion", "baseline"]

    def test_figures_side_by_side(self) -> None:
        """Every figure stands under its model, with four digits."""
        text, evaluation = card(), evaluated()

        assert table_row(text, "metric")[1:] == ["challenger", "champion", "baseline"]
        assert evaluation.challenger is not None
        assert evaluation.champion is not None
        assert table_row(text, "ROC AUC")[1:] == [
            f"{evaluation.challenger.metrics.by_name['roc_auc']:.4f}",
            f"{evaluation.champion.metrics.by_name['roc_auc']:.4f}",
            "0.5000",
        ]

    def test_slices(self) -> None:
        """Each slice has a row with its size and figures."""
        found = evaluated().challenger
        assert found is not None

        text = card()

        for one in found.slices:
            cells = table_row(text, f"line {one.value}")
            assert cells[1] == str(one.metrics.rows)
            assert cells[2] == f"{one.metrics.loss:.4f}"

    def test_no_slices(self) -> None:
        """Without slices the card has no empty section for them."""
        evaluation = evaluated()
        assert evaluation.challenger is not None
        bare = evaluation.model_copy(
            update={"challenger": evaluation.challenger.model_copy(update={"slices": ()})}
        )

        text = describing.write_model_card(CHALLENGER, REIGNING, bare, judged(CHALLENGER, REIGNING))

        assert "By slice" not in text

    def test_reasons_and_limits(self) -> None:
        """The gate's reasons and what the model is not fit for are on the card."""
        text = card()

        for reason in judged(CHALLENGER, REIGNING).reasons:
            assert f"\n- {reason}\n" in text
        limits = text.partition("## Limits")[2]
        assert "of past weeks" in limits
        assert "category never seen" in limits
        assert "nothing of causes" in limits

    def test_a_card_needs_a_model(self) -> None:
        """With neither a challenger nor a champion there is nothing to describe."""
        with pytest.raises(FeedError, match=r"no champion; set retraining\.retrain"):
            card(NO_CHALLENGER, NOBODY)


def parsed(figure: ChartFigure) -> ElementTree.Element:
    """A figure's chart as a tree."""
    return ElementTree.fromstring(f"<div>{figure.chart}</div>")  # noqa: S314 - our own output


def strips_of(tree: ElementTree.Element) -> dict[str, list[tuple[str, str]]]:
    """The dots of a beeswarm by the name of their strip, each with its place and its color."""
    chart = next(svg for svg in tree.iter("svg") if svg.get("role") == "img")
    names = [text.text or "" for text in chart.findall("text") if text.get("x") == "0"]
    strips = [
        [
            (place, path.get("class") or "")
            for path in strip.iter("path")
            for place in (path.get("d") or "").split("M")[1:]
        ]
        for strip in chart.findall("svg")
    ]
    return dict(zip(names, strips, strict=True))


class TestDrawModel:
    @staticmethod
    def drawn(challenger: Challenger = CHALLENGER, current: CurrentChampion = REIGNING) -> Any:
        """The three figures of a run."""
        evaluation = evaluated(challenger, current)
        return describing.draw_model(challenger, current, HOLDOUT_ROWS, evaluation, TRAINING)

    def test_importances(self) -> None:
        """The bars are the most important inputs, the first on top, under their titles."""
        tree = parsed(self.drawn()[0])

        importances = predictor(31).importances().head(15)
        titles = {name: column.title for name, column in CONTRACT.columns.items()}
        titles |= {name: feature.title for name, feature in CALENDAR_FEATURES.items()}
        rows = [
            [cell.text for cell in row if cell.get("class") != "bar"] for row in tree.iter("tr")
        ]
        assert rows[1:] == [
            [titles[name], f"{importances[name]:.1f}"] for name in importances.index
        ]

    def test_contributions(self) -> None:
        """Each input has a dot for each of the rows explained."""
        tree = parsed(self.drawn()[1])

        inputs = predictor(31).inputs.names
        strips = strips_of(tree)
        assert len(strips) == len(inputs)
        assert {len(dots) for dots in strips.values()} == {40}
        assert next(iter(strips)) == "Line"

    def test_dots_do_not_hide_each_other(self) -> None:
        """Dots of like value stand apart, so that no two share a place."""
        for dots in strips_of(parsed(self.drawn()[1])).values():
            assert len({place for place, _ in dots}) == 40

    def test_categories_have_no_high_and_low(self) -> None:
        """Numbers are colored by rank, categories are not."""
        strips = strips_of(parsed(self.drawn()[1]))

        assert {shade for _, shade in strips["Line"]} == {"swarm plain"}
        assert {"swarm shade-0", "swarm shade-4"} <= {shade for _, shade in strips["Rain"]}

    def test_the_same_rows_each_time(self) -> None:
        """Drawn twice, the figures are the same: the sample is fixed."""
        assert self.drawn() == self.drawn()

    @pytest.mark.parametrize(
        ("challenger", "current", "names"),
        [
            (CHALLENGER, REIGNING, ["challenger", "champion", "ideal"]),
            (CHALLENGER, NOBODY, ["challenger", "ideal"]),
            (NO_CHALLENGER, REIGNING, ["champion", "ideal"]),
        ],
    )
    def test_calibration(
        self, challenger: Challenger, current: CurrentChampion, names: list[str]
    ) -> None:
        """Each model that scored has a line, beside the ideal one."""
        tree = parsed(self.drawn(challenger, current)[2])

        assert ["".join(item.itertext()) for item in tree.iter("li")] == names
        assert len(list(tree.iter("title"))) == 10 * (len(names) - 1)
