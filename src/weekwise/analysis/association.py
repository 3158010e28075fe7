"""How each feature, alone, is associated with the target: one measure for numbers and categories.

A feature is cut into bins (quantiles of a number, the values of a category, one bin for missing
values), and the task says how well the bins alone predict rows of other weeks. Such a measure sees
relations that are not monotone, which a correlation coefficient does not; and a gap counts as a
value, as it does for the model.

History is cut by whole weeks into folds, and each fold is predicted from the others, or a category
with many rare values would seem to predict. Only counts by fold and bin are needed, so every past
row is used.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from weekwise.analysis.drift import interval_labels
from weekwise.analysis.leakage import alike_in_name, trace_of_target
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.profile import MISSING, OTHERS, FeatureKind
from weekwise.analysis.table import AnalysisTable, Codes, Floats, sampled_rows
from weekwise.contract.frozen import Frozen
from weekwise.tasks import task_of
from weekwise.tasks.records import GroupMean

SHOWN_BINS = 8


class Association(Frozen):
    """How one feature, alone, is associated with the target.

    Attributes:
        name: The feature's name.
        kind: Whether it is a number or a category.
        strength: The task's measure of association, for yes or no an AUC; None where it cannot be
            measured.
        missing_strength: The same of whether the feature has a value; None where all or none have.
        tells_nearly_all: Whether it is as strong as a leak would be.
        leak: What shows that the feature gives the target away; None where nothing does.
        gaps_tell: Whether the gaps alone are strongly associated with the target.
        by_value: The target by value or by quantile bin.
    """

    name: str
    kind: FeatureKind
    strength: float | None
    missing_strength: float | None
    tells_nearly_all: bool
    leak: str | None
    gaps_tell: bool
    by_value: tuple[GroupMean, ...]


def measure_associations(
    table: AnalysisTable, params: ExplorationParams
) -> tuple[Association, ...]:
    """Measure each feature against the target over all past rows."""
    folds = _folds(table, params.folds)
    return tuple(_associate(table, name, folds, params) for name in table.features)


def _folds(table: AnalysisTable, folds: int) -> Codes:
    """Whole weeks to folds; row by row where there is but one week."""
    weeks = table.weeks_before(table.history)
    if np.unique(weeks).size > 1:
        return (weeks % folds).astype(np.int32)
    return (np.arange(table.history.rows) % folds).astype(np.int32)


def _associate(
    table: AnalysisTable, name: str, folds: Codes, params: ExplorationParams
) -> Association:
    past, numeric = table.history, table.is_numeric(name)
    if numeric:
        bins, by_value = _quantile_bins(table, past.numbers[name], params.bins)
    else:
        bins, by_value = past.codes[name], _by_category(table, name, params.max_categories)
    missing = (bins < 0).astype(np.int32)
    task = task_of(table.contract)
    rare = params.rare_rows
    strength = task.association(bins, past.target, folds, rare_rows=rare)
    missing_strength = None
    if 0 < missing.sum() < missing.size:
        missing_strength = task.association(missing, past.target, folds, rare_rows=rare)
    strong = _reaches(strength, params.leakage, task.leakage)
    return Association(
        name=name,
        kind="numeric" if numeric else "categorical",
        strength=strength,
        missing_strength=missing_strength,
        tells_nearly_all=strong,
        leak=_leak(table, name, params, strong=strong),
        gaps_tell=_reaches(missing_strength, params.telling_gaps, task.telling_gaps),
        by_value=by_value,
    )


def _leak(
    table: AnalysisTable, name: str, params: ExplorationParams, *, strong: bool
) -> str | None:
    """What shows that a feature gives the target away, if something does."""
    past = table.history
    chosen = sampled_rows(past.rows, params.sample_rows, params.seed)
    trace = trace_of_target(
        past.numbers[name][chosen] if table.is_numeric(name) else past.codes[name][chosen],
        past.target[chosen],
        strong=strong,
        labels=table.categories.get(name),
    )
    if trace or not strong:
        return trace
    if alike_in_name(name, str(table.contract.target)):
        return "it has a word of the target's name and tells nearly all of it"
    return "it is as strong as the parameters allow none to be" if params.leakage else None


def _reaches(strength: float | None, limit: float | None, usual: float) -> bool:
    """Whether an association is as strong as a limit, or as the task's own if there is none."""
    return strength is not None and strength >= (usual if limit is None else limit)


def _quantile_bins(
    table: AnalysisTable, numbers: Floats, count: int
) -> tuple[Codes, tuple[GroupMean, ...]]:
    """Fine bins to measure by, and the target in coarse ones to show."""
    known = ~np.isnan(numbers)
    values = numbers[known]
    fine = np.full(numbers.size, -1, dtype=np.int32)
    if not values.size:
        return fine, _group_means(table, fine, [])
    at = np.linspace(0.0, 1.0, count + 1)[1:]
    quantiles = np.quantile(values, at, method="inverted_cdf")
    ends = np.unique(quantiles)
    fine[known] = np.searchsorted(ends, values, side="left")
    # Coarse bins are unions of fine ones: their ends are among the fine ones' ends.
    coarse_ends = np.unique(quantiles[:: -max(1, count // SHOWN_BINS)])
    coarse = np.append(np.searchsorted(coarse_ends, ends, side="left"), -1).astype(np.int32)
    whole = bool((values % 1 == 0).all())
    labels = interval_labels(float(values.min()), coarse_ends, whole=whole)
    return fine, _group_means(table, coarse[fine], labels)


def _by_category(table: AnalysisTable, name: str, most: int) -> tuple[GroupMean, ...]:
    """The target by category, the most frequent ones by name and the rest together."""
    codes, names = table.history.codes[name], table.categories[name]
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    order = np.argsort(-counts, kind="stable")
    group = np.full(len(names) + 1, most, dtype=np.int32)
    group[order[:most]] = np.arange(min(most, len(names)))
    group[-1] = -1
    return _group_means(table, group[codes], [*(names[place] for place in order[:most]), OTHERS])


def _group_means(
    table: AnalysisTable, groups: Codes, labels: Sequence[str]
) -> tuple[GroupMean, ...]:
    """The target by group, missing values a group of their own, empty groups left out."""
    last = len(labels)
    means = task_of(table.contract).group_means(
        np.where(groups < 0, last, groups), [*labels, MISSING], table.history.target
    )
    return tuple(group for group in means if group.rows)
