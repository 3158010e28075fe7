from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weekwise.model.promotion import Holdout, Policy, PromotionParams, Scored, compare, decide
from weekwise.model.verdict import Decision
from weekwise.tasks.binary import Binary
from weekwise.tasks.binary_metrics import log_losses

START = np.datetime64("2013-07-01")
AS_OF = date(2013, 7, 15)
DAYS, PER_DAY = 14, 100
PARAMS = PromotionParams(min_rows=500, min_days=5, resamples=500)
SUPERIOR = PARAMS.model_copy(update={"policy": Policy.SUPERIOR})


def a_holdout(seed: int = 0) -> tuple[Holdout, np.ndarray]:
    """Two weeks of outcomes, and the probability each came with."""
    rng = np.random.default_rng(seed)
    rows = DAYS * PER_DAY
    truth = rng.beta(1, 3, rows)
    holdout = Holdout(
        as_of=AS_OF,
        clusters=START + np.repeat(np.arange(DAYS), PER_DAY),
        by_day=True,
        not_seen=np.ones(rows, dtype=bool),
        outcome=(rng.random(rows) < truth).astype(float),
        slices=pd.DataFrame({"line": np.where(np.arange(rows) % 2, "red", "blue")}),
        task=Binary(),
    )
    return holdout, truth.clip(0.01, 0.99)


HOLDOUT, TRUTH = a_holdout()


def scored(probability: np.ndarray, **changes: Any) -> Scored:
    """A model fitted on all that came before the holdout."""
    model = Scored(
        version="1",
        baseline=(0.25,),
        rows=100_000,
        predicted=probability,
    )
    return replace(model, **changes)


def blurred(probability: np.ndarray, share: float) -> np.ndarray:
    """Probabilities pulled toward the mean: a worse model."""
    return (1 - share) * probability + share * probability.mean()


CHAMPION = scored(TRUTH, version="7")


@pytest.mark.parametrize(
    ("challenger", "params", "expected"),
    [
        (TRUTH, PARAMS, Decision.PROMOTED),
        (TRUTH, SUPERIOR, Decision.KEPT),
        (blurred(TRUTH, 0.02), PARAMS, Decision.PROMOTED),
        (blurred(TRUTH, 0.9), PARAMS, Decision.KEPT),
    ],
    ids=["equal, non-inferior", "equal, superior", "hardly worse", "much worse"],
)
def test_policies(challenger: np.ndarray, params: PromotionParams, expected: Decision) -> None:
    """An equal model is non-inferior and not superior; a much worse one is neither."""
    verdict = decide(scored(challenger), CHAMPION, params, holdout=HOLDOUT)

    assert verdict.decision is expected
    assert verdict.champion_version == "7"
    assert verdict.challenger_version == "1"


@pytest.mark.parametrize("params", [PARAMS, SUPERIOR])
def test_a_better_model_wins(params: PromotionParams) -> None:
    """A clearly better model is promoted under either policy."""
    champion = scored(blurred(TRUTH, 0.9), version="7")

    verdict = decide(scored(TRUTH), champion, params, holdout=HOLDOUT)

    assert verdict.decision is Decision.PROMOTED
    assert verdict.comparison is not None
    assert verdict.comparison.high < 0
    assert verdict.comparison.probability_better == 1


def test_identical_models_differ_by_nothing() -> None:
    """Comparing a model with itself gives zero, a point interval, and even odds."""
    verdict = decide(scored(TRUTH), CHAMPION, PARAMS, holdout=HOLDOUT)

    assert verdict.comparison is not None
    assert (verdict.comparison.difference, verdict.comparison.low, verdict.comparison.high) == (
        0,
        0,
        0,
    )
    assert verdict.comparison.probability_better == 0.5


@pytest.mark.parametrize(
    ("challenger", "expected", "reason"),
    [
        (TRUTH, Decision.FIRST, "a skill of"),
        (np.full(len(TRUTH), 0.25), Decision.REJECTED, "ROC AUC 0.5000; at least 0.5500"),
        (1 - TRUTH, Decision.REJECTED, "at least 1.0% is asked for"),
    ],
    ids=["good", "constant", "upside down"],
)
def test_the_first_model_needs_only_the_floor(
    challenger: np.ndarray, expected: Decision, reason: str
) -> None:
    """Without a champion the floor alone decides."""
    verdict = decide(scored(challenger), None, SUPERIOR, holdout=HOLDOUT)

    assert verdict.decision is expected
    assert verdict.comparison is None
    assert any(reason in one for one in verdict.reasons)


def test_the_floor_holds_against_a_bad_champion() -> None:
    """A challenger better than a bad champion, but no better than a constant, is not promoted."""
    champion = scored(1 - TRUTH, version="7")
    constant = scored(np.full(len(TRUTH), 0.25))

    verdict = decide(constant, champion, PARAMS, holdout=HOLDOUT)

    assert verdict.decision is Decision.KEPT
    assert verdict.comparison is not None
    assert verdict.comparison.high < 0


def test_a_worse_slice_blocks() -> None:
    """A challenger that is better overall and worse on one slice is kept out, by name."""
    red = (HOLDOUT.slices["line"] == "red").to_numpy()
    champion = scored(np.where(red, TRUTH, blurred(TRUTH, 1.0)), version="7")
    challenger = scored(np.where(red, blurred(TRUTH, 0.8), TRUTH))
    limited = PARAMS.model_copy(update={"slice_limits": {"line": 0.01}, "slice_min_rows": 500})

    without = decide(challenger, champion, PARAMS, holdout=HOLDOUT)
    verdict = decide(challenger, champion, limited, holdout=HOLDOUT)

    assert without.decision is Decision.PROMOTED
    assert verdict.decision is Decision.KEPT
    assert "1 of 2 slices are worse: line red" in verdict.reasons[-1]
    assert [one.too_bad for one in verdict.slices] == [False, True]


def test_small_slices_are_not_judged() -> None:
    """A slice with too few rows cannot block."""
    red = (HOLDOUT.slices["line"] == "red").to_numpy()
    challenger = scored(np.where(red, blurred(TRUTH, 0.1), TRUTH))
    limited = PARAMS.model_copy(update={"slice_limits": {"line": 0.0}, "slice_min_rows": 701})

    verdict = decide(challenger, CHAMPION, limited, holdout=HOLDOUT)

    assert verdict.decision is Decision.PROMOTED
    assert verdict.slices == ()


def test_only_rows_that_neither_was_fitted_on() -> None:
    """Rows that either model was fitted on play no part, whatever was forecast for them."""
    seen = np.datetime64("2013-07-04") > HOLDOUT.clusters
    champion = scored(np.where(seen, 0.999, TRUTH), version="7")

    verdict = decide(scored(TRUTH), champion, PARAMS, holdout=replace(HOLDOUT, not_seen=~seen))

    assert verdict.comparison is not None
    assert verdict.comparison.rows == (DAYS - 3) * PER_DAY
    assert verdict.comparison.difference == 0
    assert verdict.challenger is not None
    assert verdict.challenger.rows == verdict.comparison.rows


@pytest.mark.parametrize(
    ("champion", "seen_before", "expected"),
    [
        (CHAMPION, date(2013, 7, 12), Decision.KEPT),
        (CHAMPION, date(2014, 1, 1), Decision.KEPT),
        (None, date(2013, 7, 12), Decision.REJECTED),
    ],
)
def test_too_little_to_judge_on(
    champion: Scored | None, seen_before: date, expected: Decision
) -> None:
    """With too few unseen rows or days the champion stays, and the verdict says so."""
    holdout = replace(HOLDOUT, not_seen=np.datetime64(seen_before) <= HOLDOUT.clusters)

    verdict = decide(scored(TRUTH), champion, PARAMS, holdout=holdout)

    assert verdict.decision is expected
    assert "Too little to judge on" in verdict.reasons[0]
    assert "500 rows of 5 days are asked for" in verdict.reasons[0]


@pytest.mark.parametrize(
    ("champion", "expected"), [(None, Decision.FIRST), (CHAMPION, Decision.PROMOTED)]
)
def test_dry_run(champion: Scored | None, expected: Decision) -> None:
    """A dry run says what it would be, and does not promote."""
    dry = PARAMS.model_copy(update={"dry_run": True})

    verdict = decide(scored(TRUTH), champion, dry, holdout=HOLDOUT)

    assert verdict.decision is Decision.DRY_RUN
    assert verdict.would_be is expected
    assert not verdict.promotes


@settings(max_examples=25)
@given(seed=st.integers(0, 5), gain=st.floats(0, 1), policy=st.sampled_from(Policy))
def test_a_challenger_that_improves_is_never_demoted(
    seed: int, gain: float, policy: Policy
) -> None:
    """Moving every probability toward its outcome never turns a promotion into a refusal."""
    holdout, truth = a_holdout(seed)
    params = PARAMS.model_copy(update={"policy": policy, "slice_limits": {"line": 0.01}})
    worse = blurred(truth, 0.3)
    better = worse + gain * 0.9 * (holdout.outcome - worse)
    champion = scored(blurred(truth, 0.2), version="7")

    before = decide(scored(worse), champion, params, holdout=holdout)
    after = decide(scored(better), champion, params, holdout=holdout)

    assert after.promotes >= before.promotes


def test_the_bootstrap_is_deterministic_and_seeded() -> None:
    """Equal arguments give an equal verdict; another seed moves the interval."""
    challenger = scored(blurred(TRUTH, 0.1))

    first = decide(challenger, CHAMPION, PARAMS, holdout=HOLDOUT)
    again = decide(challenger, CHAMPION, PARAMS, holdout=HOLDOUT)
    other = PARAMS.model_copy(update={"seed": 1})

    assert again == first
    reseeded = decide(challenger, CHAMPION, other, holdout=HOLDOUT).comparison
    assert reseeded is not None
    assert first.comparison is not None
    assert reseeded.low != first.comparison.low
    assert reseeded.difference == first.comparison.difference


def test_the_bootstrap_resamples_days() -> None:
    """Differences that vary only between days have the spread a naive bootstrap over days finds."""
    rng = np.random.default_rng(3)
    by_day = rng.normal(0, 0.01, DAYS)
    differences = np.repeat(by_day, PER_DAY)

    found = compare(differences, HOLDOUT, PARAMS.model_copy(update={"resamples": 5000}))

    naive = [rng.choice(by_day, DAYS).mean() for _ in range(5000)]
    assert found.difference == pytest.approx(by_day.mean())
    assert found.low == pytest.approx(np.quantile(naive, 0.05), abs=5e-4)
    assert found.high == pytest.approx(np.quantile(naive, 0.95), abs=5e-4)
    assert found.probability_better == pytest.approx(np.mean(np.array(naive) < 0), abs=0.03)


def test_the_figures_are_those_of_the_rows() -> None:
    """The difference is that of the verdict's two losses, as a share of the baseline's."""
    challenger = blurred(TRUTH, 0.3)

    verdict = decide(scored(challenger), CHAMPION, PARAMS, holdout=HOLDOUT)

    assert verdict.challenger is not None
    assert verdict.champion is not None
    assert verdict.comparison is not None
    assert verdict.challenger.loss == log_losses(HOLDOUT.outcome, challenger).mean()
    assert verdict.baseline is not None
    assert verdict.comparison.difference * verdict.baseline.loss == pytest.approx(
        verdict.challenger.loss - verdict.champion.loss
    )


def test_a_verdict_reads_well_and_comes_back_from_json() -> None:
    """The Markdown holds headline, reasons and figures; JSON gives an equal verdict back."""
    limited = PARAMS.model_copy(update={"slice_limits": {"line": 0.05}})
    verdict = decide(scored(TRUTH), CHAMPION, limited, holdout=HOLDOUT)

    text = verdict.markdown()

    assert text.startswith("**Version 1 replaces version 7.** As of 2013-07-15.\n")
    for reason in verdict.reasons:
        assert f"- {reason}\n" in text
    assert "| | challenger | champion | baseline |" in text
    assert f"| log loss | {verdict.challenger.loss:.4f} |" in text
    assert type(verdict).model_validate_json(verdict.model_dump_json()) == verdict
