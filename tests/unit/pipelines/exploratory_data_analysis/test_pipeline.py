from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import ibis
import numpy as np
import pandas as pd
import pytest

from weekwise.analysis.association import measure_associations
from weekwise.analysis.correlation import correlate_features
from weekwise.analysis.feature_drift import measure_drift
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.profile import profile_columns
from weekwise.analysis.selection import Selection, select_features
from weekwise.analysis.table import AnalysisTable, read_analysis_table
from weekwise.analysis.target import summarize_target
from weekwise.contract.column import Column, Role
from weekwise.contract.derive import ibis_schema
from weekwise.contract.model import Contract
from weekwise.errors import WeekwiseError
from weekwise.features.window import Window
from weekwise.pipelines.exploratory_data_analysis import nodes
from weekwise.pipelines.exploratory_data_analysis.pipeline import create_pipeline
from weekwise.reports.charts import ChartFigure
from weekwise.reports.exploration.exploration import Exploration

PARAMS = ExplorationParams()
FATE = Column.model_validate(
    {
        "type": "category",
        "role": "target",
        "title": "Fate",
        "missing": 1.0,
        "values": {"kept": "Kept", "back": "Came back", "swap": "Exchanged", "lost": "Lost"},
    }
)
Reasons = dict[str, str]


def selected(analysis_table: AnalysisTable, params: ExplorationParams = PARAMS) -> Selection:
    """The selection node's output, from the nodes before it."""
    return select_features(
        analysis_table.contract,
        profile_columns(analysis_table, params),
        measure_associations(analysis_table, params),
        correlate_features(analysis_table, params),
        params,
    )


def explored(analysis_table: AnalysisTable, params: ExplorationParams = PARAMS) -> Exploration:
    """The whole exploration, from the nodes before it."""
    return nodes.collect_exploration(
        profile_columns(analysis_table, params),
        summarize_target(analysis_table),
        measure_associations(analysis_table, params),
        correlate_features(analysis_table, params),
        measure_drift(analysis_table, params),
        selected(analysis_table, params),
        params,
    )


def page_of(exploration: Exploration, contract: Contract) -> str:
    """The page, with its figures."""
    figures = nodes.draw_exploration(exploration, contract)
    return nodes.write_exploration_page(exploration, contract, *figures)


def reasons(found: Selection, key: str = "dropped") -> Reasons:
    """Reasons by feature."""
    return {entry.feature: entry.reason for entry in getattr(found, key)}


class TestSelectFeatures:
    """What is trained on."""

    def test_rules(self, analysis_table: AnalysisTable) -> None:
        """Every feature is either selected or dropped for a stated reason."""
        found = selected(analysis_table)

        assert list(found.selected) == ["amount", "items", "discount", "region", "gift"]
        assert reasons(found) == {
            "amount_cents": "says the same as amount (Spearman 1.000), which stays",
            "region_code": "says the same as region (Cramer's V 1.000), which stays",
            "currency": "near constant: 100.00% of past rows are EUR",
            "refund": reasons(found)["refund"],
            "empty": "100.0% of past rows have no value",
        }
        assert reasons(found)["refund"].startswith("suspected leakage: it has 0 in all")
        assert Selection.model_validate_json(found.model_dump_json()) == found

    def test_kept_by_name(self, analysis_table: AnalysisTable) -> None:
        """What the parameters keep is selected, and what a rule held against it is remembered."""
        found = selected(
            analysis_table, ExplorationParams(keep=("refund", "amount_cents", "currency"))
        )

        assert {"refund", "amount_cents", "currency"} <= set(found.selected)
        assert reasons(found)["amount"].startswith("says the same as amount_cents")
        assert set(reasons(found, "kept")) == {"refund", "currency"}

    def test_both_of_a_pair_kept(self, analysis_table: AnalysisTable) -> None:
        """Both of a redundant pair can be kept."""
        found = selected(analysis_table, ExplorationParams(keep=("amount", "amount_cents")))

        assert {"amount", "amount_cents"} <= set(found.selected)
        assert set(reasons(found, "kept")) == {"amount_cents"}

    def test_dropped_by_name(self, analysis_table: AnalysisTable) -> None:
        """What the parameters drop is dropped, and its twin stays."""
        found = selected(analysis_table, ExplorationParams(drop=("amount",)))

        assert reasons(found)["amount"] == "the parameters drop it"
        assert "amount_cents" in found.selected

    def test_the_fuller_of_a_pair_stays(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """Of a pair that predicts equally well, the one with fewer gaps stays."""
        rows = orders.assign(
            amount=orders["amount"].where(orders["order"] > 0),
        )

        assert list(selected(analysis_table_of("amount", "amount_cents", rows=rows)).selected) == [
            "amount_cents"
        ]

    def test_the_stronger_of_a_pair_stays(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """Of a pair that says much the same, the one that predicts better stays."""
        blurred = orders["amount"] + np.random.default_rng(5).normal(0, 25, len(orders))
        rows = orders.assign(blurred=blurred)
        analysis_table = analysis_table_of(
            rows=rows,
            blurred={"type": "number", "title": "Blurred"},
            amount={"type": "number", "title": "Amount"},
        )

        assert selected(analysis_table, ExplorationParams(redundancy=0.7)).selected == ("amount",)
        assert selected(analysis_table).selected == ("blurred", "amount")

    @pytest.mark.parametrize(
        ("params", "message"),
        [
            ({"keep": ("nope",)}, r"exploration\.keep names nope, .* use some of: amount,"),
            ({"drop": ("nope", "amount")}, r"exploration\.drop names nope, "),
            ({"keep": ("amount",), "drop": ("amount",)}, "both name amount; leave each to one"),
        ],
    )
    def test_names_that_make_no_sense(
        self, analysis_table: AnalysisTable, params: dict[str, Any], message: str
    ) -> None:
        """A wrong name in the parameters is an error that says where, and what could be meant."""
        with pytest.raises(WeekwiseError, match=message):
            selected(analysis_table, ExplorationParams(**params))

    def test_nothing_left(self, analysis_table_of: Callable[..., AnalysisTable]) -> None:
        """A run without a feature stops, with the reason for each and what to do."""
        with pytest.raises(WeekwiseError, match=r"(?s)currency: near constant.*exploration\.keep"):
            selected(analysis_table_of("currency", "empty"))


class TestFindings:
    """What stands out."""

    def titles(self, found: Exploration) -> list[str]:
        """Tone and title of each finding."""
        return [f"{finding.status}: {finding.topic}" for finding in found.findings]

    def test_a_leak_comes_first(self, analysis_table: AnalysisTable) -> None:
        """Suspected leakage is the gravest finding, drops are told last."""
        titles = self.titles(explored(analysis_table))

        assert titles[0] == "ACT: refund may leak the outcome"
        assert titles[-1] == "OK: Left out of training: 5 of 10 features"

    def test_a_strong_feature_is_asked_about(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """It is trained on, and a warning asks for a word that the parameters can give."""
        blurred = np.random.default_rng(8).normal(0, 0.25, len(orders))
        rows = orders.assign(size=orders["returned"].fillna(False).astype(float) + blurred)
        analysis_table = analysis_table_of(rows=rows, size={"type": "number", "title": "Size"})

        found = explored(analysis_table)
        assert found.selection.selected == ("size",)
        assert self.titles(found) == ["WARN: size tells nearly all of the outcome"]
        settled = explored(analysis_table, ExplorationParams(keep=("size",)))
        assert self.titles(settled) == ["OK: As expected"]

    def test_a_calm_week(self, analysis_table_of: Callable[..., AnalysisTable]) -> None:
        """Where nothing calls for attention, that is said."""
        assert self.titles(explored(analysis_table_of("amount", "items"))) == ["OK: As expected"]

    def test_a_broken_week(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """New gaps, new values and unusual drift are told, each with its features."""
        upcoming = orders["returned"].isna()
        rows = orders.assign(
            amount=orders["amount"].where(~upcoming, orders["amount"] + 500),
            discount=orders["discount"].where(~upcoming),
            region=orders["region"].where(~upcoming, "x"),
        )
        params = ExplorationParams(drift=PARAMS.drift.model_copy(update={"min_rows": 50}))
        found = explored(
            analysis_table_of("amount", "discount", "region", "items", rows=rows), params
        )

        assert self.titles(found) == [
            "WARN: discount has more gaps than before",
            "WARN: Values that history does not know",
            "WARN: Drifting further than in past weeks: 3 of 4 features",
        ]
        assert "region (60 rows)" in found.findings[1].reason
        assert "amount (mean up" in found.findings[2].reason
        page = page_of(found, analysis_table_of("amount", "discount", "region", "items").contract)
        assert page.count(">major, unusual<") == 3
        assert "Amount: share of rows by bin" in page

    def test_gaps_that_tell(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """Gaps that go with the outcome are worth a look, short of leakage."""
        tells = orders["returned"].fillna(False) & (orders["order"] % 2 == 0)
        rows = orders.assign(amount=orders["amount"].where(~tells))

        assert "WARN: The gaps in amount tell the outcome" in self.titles(
            explored(analysis_table_of("amount", rows=rows))
        )


def awkward_rows(orders: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame, str]]:
    """Tables at the edge of what can be explored, with the finding that each must give."""
    past, upcoming = orders[orders["returned"].notna()], orders[orders["returned"].isna()]
    yield "no upcoming rows", past, "Nothing upcoming"
    yield "one class", orders.assign(returned=orders["returned"] & False), "Nothing to learn from"
    yield "no history", upcoming, "No history"
    yield "no rows", orders.head(0), "No history"
    yield "one past row", pd.concat([past.tail(1), upcoming]), "Nothing to learn from"
    yield "two past rows", pd.concat([past.head(2), upcoming]), "Left out of training"
    yield "one week", pd.concat([past.tail(60), upcoming.head(3)]), "Left out of training"
    yield "gaps only", orders.assign(amount=np.nan, region=None), "Left out of training"
    yield "one category", orders.assign(region="n", gift=True), "Left out of training"


NAMES = ["no upcoming rows", "one class", "no history", "no rows", "one past row", "two past rows"]
NAMES += ["one week", "gaps only", "one category"]


@pytest.mark.parametrize("name", NAMES)
def test_awkward_tables(
    name: str,
    orders: pd.DataFrame,
    contract_of: Callable[..., Contract],
    window: Window,
) -> None:
    """A table with little or nothing to learn from is explored without a warning, and says so."""
    rows, title = next((rows, title) for case, rows, title in awkward_rows(orders) if case == name)
    contract = contract_of("amount", "discount", "region", "region_code", "gift", "empty")
    schema = {"amount": "float64", "discount": "float64", "region": "string", "gift": "boolean"}
    schema |= {"region_code": "string", "empty": "float64", "returned": "boolean"}
    schema |= {"order": "int64", "placed": "timestamp"}
    table = ibis.memtable(
        rows[list(contract.columns)], schema={key: schema[key] for key in contract.columns}
    )
    params = ExplorationParams(keep=("amount", "discount", "region"))
    analysis_table = read_analysis_table(table, contract, window, ExplorationParams())
    found = explored(analysis_table, params)

    assert any(finding.topic.startswith(title) for finding in found.findings)
    assert json.dumps(found.model_dump(mode="json"), allow_nan=False)
    assert "</html>" in page_of(found, contract)
    for figure in nodes.draw_exploration(found, contract):
        ElementTree.fromstring(f"<div>{figure.chart}</div>")  # noqa: S314 - our own output
        assert ChartFigure.from_html(figure.to_html()) == figure


class TestReport:
    """The page."""

    def test_it_opens_with_no_network(self, analysis_table: AnalysisTable) -> None:
        """The page refers to nothing outside itself, parses, and is far under 3 MB."""
        page = page_of(explored(analysis_table), analysis_table.contract)
        parser = HTMLParser()
        parser.feed(page)
        parser.close()

        assert not re.search(r"https?:|<script|@import|url\(", page)
        assert len(page.encode()) < 3_000_000

    def test_it_tells_what_was_found(self, analysis_table: AnalysisTable) -> None:
        """Key figures, findings, labels of values, reasons and methods are on the page."""
        page = page_of(explored(analysis_table), analysis_table.contract)

        for text in (
            "Orders",
            "As of 2024-03-04: history from 2024-01-08, upcoming rows to 2024-03-10",
            "refund may leak the outcome",
            "South (s)",
            "near constant: 100.00% of past rows are EUR",
            "all past rows",
        ):
            assert text in page, text

    def test_it_says_what_was_sampled(self, analysis_table: AnalysisTable) -> None:
        """Where correlations come from a sample, its size and its seed are on the page."""
        params = ExplorationParams(sample_rows=100, seed=42)

        assert "over a sample of 100 past rows (seed 42)" in page_of(
            explored(analysis_table, params), analysis_table.contract
        )

    def test_a_wide_table(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """A table of many columns makes a page that still opens fast."""
        rng = np.random.default_rng(1)
        names = [f"measurement_{place}" for place in range(150)]
        values = pd.DataFrame(rng.normal(size=(len(orders), 150)), columns=names)
        analysis_table = analysis_table_of(
            rows=pd.concat([orders, values], axis=1),
            **{name: {"type": "number", "title": name} for name in names},
        )
        found = explored(analysis_table)

        assert len(page_of(found, analysis_table.contract).encode()) < 3_000_000
        assert len(found.correlations.pairs) == nodes.SHOWN_PAIRS

    def test_names_are_escaped(
        self, analysis_table_of: Callable[..., AnalysisTable], orders: pd.DataFrame
    ) -> None:
        """A value or a title that looks like markup is shown as text."""
        rows = orders.assign(region=orders["region"].replace({"n": "<script>alert(1)</script>"}))
        analysis_table = analysis_table_of(
            "amount", rows=rows, region={"type": "category", "title": "<b>R</b>"}
        )
        page = page_of(explored(analysis_table), analysis_table.contract)

        assert "<script>" not in page
        assert "<b>R</b>" not in page
        assert "&lt;script&gt;" in page


def test_exploration_survives_json(analysis_table: AnalysisTable) -> None:
    """What is written to `exploration.json` is read back as it was."""
    found = explored(analysis_table)

    assert Exploration.model_validate_json(found.model_dump_json()) == found


def test_figures(analysis_table: AnalysisTable) -> None:
    """Each figure has a title and something to show, and the page shows the same ones."""
    exploration = explored(analysis_table)
    contract = analysis_table.contract
    figures = nodes.draw_exploration(exploration, contract)
    page = nodes.write_exploration_page(exploration, contract, *figures)

    assert len(figures) == len(nodes.FIGURES)
    for figure in figures:
        assert figure.title
        assert "nothing to show" not in figure.chart
        assert figure.chart in page


def test_pipeline() -> None:
    """The pipeline takes the features and gives what the catalog names."""
    pipeline = create_pipeline()

    assert pipeline.inputs() == {
        "features",
        "features_contract",
        "params:window",
        "params:exploration",
    }
    assert {
        "exploration_report",
    } == pipeline.outputs()
    assert {
        "exploration",
        "selected_features",
        "target_rate_figure",
        "missing_figure",
        "distributions_figure",
        "associations_figure",
        "correlation_figure",
        "drift_figure",
    } <= pipeline.all_outputs()


class TestClasses:
    """A target that is one of some classes."""

    @pytest.fixture(params=["with a time", "without one"])
    def classes(
        self,
        orders: pd.DataFrame,
        contract_of: Callable[..., Contract],
        window: Window,
        request: pytest.FixtureRequest,
    ) -> AnalysisTable:
        """Orders that are kept, come back or are exchanged, and are never lost."""
        contract = contract_of("amount", "region", "gift")
        columns = {**contract.columns, "returned": FATE}
        if request.param == "without one":
            columns["placed"] = columns["placed"].model_copy(update={"role": Role.CONTEXT})
        contract = contract.model_copy(update={"columns": columns})
        fate = orders["returned"].map({True: "back", False: "kept"}).astype(object)
        exchanged = orders["returned"].eq(True).fillna(False) & (orders["amount"] > 90)
        rows = orders.assign(returned=fate.where(~exchanged, "swap").where(fate.notna(), None))
        table = ibis.memtable(
            rows[list(contract.columns)].astype({"returned": "str"}), schema=ibis_schema(contract)
        )
        return read_analysis_table(table, contract, window, ExplorationParams())

    def test_each_class_is_shown(self, classes: AnalysisTable) -> None:
        """The page has the share of every class by its label, and names the one without rows."""
        exploration = explored(classes)
        page = page_of(exploration, classes.contract)

        shares = exploration.target.overall.shares
        assert list(shares) == ["Kept", "Came back", "Exchanged", "Lost"]
        assert sum(shares.values()) == pytest.approx(1.0)
        assert exploration.target.overall.mean_of == "Kept"
        assert all(label in page for label in shares)
        (finding,) = [part for part in exploration.findings if "Classes" in part.topic]
        assert finding.reason.startswith("No model can learn Lost.")

    def test_features_are_ranked_by_what_they_say_of_classes(self, classes: AnalysisTable) -> None:
        """What decides the class is associated with it, and chance is not."""
        strength = {part.name: part.strength for part in explored(classes).associations}

        assert strength["amount"] > 0.6
        assert strength["region"] > 0.55
        assert strength["gift"] == pytest.approx(0.5, abs=0.08)
