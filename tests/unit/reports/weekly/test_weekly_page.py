from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser

import pytest

from report_parts import feature_drift, gate_failure, gate_result
from weekwise.analysis.drift import Direction, DriftBin, DriftLevel
from weekwise.analysis.performance import WeekScore
from weekwise.analysis.unseen import Unseen, UnseenCategory
from weekwise.analysis.upcoming import UpcomingPredictions
from weekwise.analysis.worst_slices import SliceScore
from weekwise.model.shadow_scores import ShadowComparison
from weekwise.reports.weekly.params import MonitoringParams
from weekwise.reports.weekly.rules import judge
from weekwise.reports.weekly.weekly_page import render_report
from weekwise.reports.weekly.weekly_report import (
    FeatureFigures,
    Figures,
    RealizedPerformance,
)
from weekwise.tasks.records import CalibrationBin

FigureMaker = Callable[..., Figures]
ScoreMaker = Callable[..., WeekScore]
VOID = {"meta", "link", "col", "br"}


class Reader(HTMLParser):
    """Reads a page's text in order, its attributes, and whether every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the attributes, and expect the element's end."""
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the attributes of an element that ends where it starts."""
        del tag
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        """Refuse an end that is not the last open element's."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep what a reader sees."""
        if data.strip() and "style" not in self._open:
            self.texts.append(data.strip())


def a_full_week(figures_of: FigureMaker, score_of: ScoreMaker) -> Figures:
    """A week with something to show in every section."""
    figures = figures_of(
        performance=RealizedPerformance(
            weeks=(
                score_of(3),
                score_of(2, loss=None, skill_high=None),
                score_of(1, worse=True),
            ),
            calibration=(
                CalibrationBin(rows=3000, predicted=0.1, realized=0.12, lowest=0.0, highest=0.2),
                CalibrationBin(rows=3400, predicted=0.3, realized=0.27, lowest=0.2, highest=0.9),
            ),
            slices=(
                SliceScore(
                    column="carrier",
                    value="<AA>",
                    rows=500,
                    loss=0.6,
                    baseline_loss=0.5,
                    mean_prediction=0.4,
                    mean_outcome=0.2,
                ),
            ),
        ),
        predictions=UpcomingPredictions(
            rows=6600,
            model_version="8",
            mean=0.2,
            summary="400 of 6,600 rows (6.1%) are at or over the threshold of 0.5.",
            earlier_mean=0.21,
            histogram=(
                DriftBin(label="0% to 50%", reference=100, current=6200),
                DriftBin(label="50% to 100%", reference=10, current=400),
            ),
        ),
        features=FeatureFigures(
            drift=(
                feature_drift(
                    "temp",
                    "Temperature & dew",
                    1.2,
                    usual=0.8,
                    level=DriftLevel.MAJOR,
                    direction=Direction(measure="mean", way="up", effect=0.81),
                ),
            ),
            unseen=Unseen(
                upcoming_rows=6600,
                rows=2,
                categories=(UnseenCategory(column="dest", value="<JAC>", rows=2),),
            ),
        ),
    )
    failure = gate_failure("<b>", next_step="Add it.")
    gate = (gate_result("features", 9, quarantined=1, failures=failure),)
    return figures.model_copy(update={"data": figures.data.model_copy(update={"gate": gate})})


@pytest.fixture(params=["first week", "full week"])
def week(request: pytest.FixtureRequest, figures_of: FigureMaker, score_of: ScoreMaker) -> Figures:
    """A week with nothing to show, and one with everything."""
    return figures_of() if request.param == "first week" else a_full_week(figures_of, score_of)


def test_headline_comes_first(week: Figures) -> None:
    """The page's first text, in the tab and on the page, is the headline."""
    report = judge(week, MonitoringParams())

    title, skip_link, first, *_ = Reader(render_report(report)).texts

    assert title == first == report.headline
    assert skip_link == "Skip to content"


def test_opens_without_a_network(week: Figures) -> None:
    """The page asks for nothing from anywhere: no address, no script, no import."""
    page = render_report(judge(week, MonitoringParams()))

    assert "http:" not in page
    assert "https:" not in page
    assert "<script" not in page
    assert "@import" not in page
    links = [value for name, value in Reader(page).attributes if name in {"src", "href"}]
    assert all(link.startswith(("#", "data:")) for link in links)
    assert "url(" not in page


def test_every_finding_is_told(figures_of: FigureMaker, score_of: ScoreMaker) -> None:
    """Each finding and its next step stand on the page, however long the headline."""
    report = judge(a_full_week(figures_of, score_of), MonitoringParams())

    text = " ".join(Reader(render_report(report)).texts).lower()

    assert len(report.findings) >= 3
    for finding in report.findings:
        assert finding.reason.lower() in text
        assert finding.next_step.lower() in text


def test_figures_are_shown(figures_of: FigureMaker, score_of: ScoreMaker) -> None:
    """Drift, slices, unseen categories and weeks are on the page, their names escaped."""
    page = render_report(judge(a_full_week(figures_of, score_of), MonitoringParams()))
    texts = Reader(page).texts

    assert {"Temperature & dew", "carrier <AA>", "<JAC>", "1.200"} <= set(texts)
    assert {"2013-07-29", "2013-07-15", "worse", "too few outcomes", "held up"} <= set(texts)
    assert "<JAC>" not in page


@pytest.mark.parametrize(
    ("skill", "says"),
    [
        (0.1, "their log loss, 0.460, was 10.0% under the baseline's"),
        (-0.1, "their log loss, 0.460, was 10.0% over the baseline's"),
    ],
)
def test_gain_in_words(
    skill: float, says: str, figures_of: FigureMaker, score_of: ScoreMaker
) -> None:
    """A skill below zero is said to be a loss, not a negative gain."""
    week = figures_of(performance=RealizedPerformance(weeks=(score_of(skill=skill),)))

    assert says in " ".join(Reader(render_report(judge(week, MonitoringParams()))).texts)


def test_first_week_has_no_empty_sections(figures_of: FigureMaker) -> None:
    """The first week says once that there is no outcomes yet, and shows no empty charts."""
    texts = Reader(render_report(judge(figures_of(), MonitoringParams()))).texts

    assert "No outcomes to compare with yet: this is the first week." in texts
    assert "Calibration last week" not in texts
    assert "Worst slices last week" not in texts


@pytest.mark.parametrize(("count", "lines"), [(1, 0), (2, 2)])
def test_one_week_makes_no_line(
    count: int, lines: int, figures_of: FigureMaker, score_of: ScoreMaker
) -> None:
    """A single week is shown as bars, since one point makes no line; more are shown as lines."""
    scores = tuple(score_of(count - n) for n in range(count))

    page = render_report(
        judge(figures_of(performance=RealizedPerformance(weeks=scores)), MonitoringParams())
    )

    labels = [value for name, value in Reader(page).attributes if name == "aria-label"]
    assert sum(label in {"Log loss by week", "Skill by week"} for label in labels) == lines
    assert "expected by the holdout" in Reader(page).texts


def test_no_placeholder_is_left(week: Figures) -> None:
    """No missing figure shows as None or nan."""
    texts = Reader(render_report(judge(week, MonitoringParams()))).texts

    assert not [text for text in texts if re.search(r"\b(None|nan)\b", text)]


def test_a_shadow_is_told_of(figures_of: FigureMaker) -> None:
    """A version that predicted live rows beside the champion has its sentence; none has none."""
    shadow = ShadowComparison(
        version="8",
        shadow="9",
        first=date(2013, 7, 29),
        last=date(2013, 8, 4),
        rows=4_000,
        predicted=0.2,
        shadow_predicted=0.3,
        difference=0.1,
        otherwise=0.05,
    )
    figures = figures_of()
    data = figures.data.model_copy(update={"shadows": (shadow,)})

    page = render_report(judge(figures.model_copy(update={"data": data}), MonitoringParams()))

    assert shadow.words(figures.task) in page
    assert "live rows" not in render_report(judge(figures, MonitoringParams()))
