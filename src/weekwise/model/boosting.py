"""Growing trees with CatBoost, with progress on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weekwise.model.training_record import FitParams

if TYPE_CHECKING:
    from catboost import CatBoost, Pool

logger = logging.getLogger(__name__)

PROGRESS_REPORTS = 10


@dataclass(frozen=True)
class Progress:
    """How far a fit has come.

    Attributes:
        trees: Trees grown so far.
        most: The most trees there will be; early stopping may end sooner.
        loss: The loss on the rows that early stopping watches, or without it on the rows trained
            on; the lower the better.
        measure: CatBoost's name of that loss.
        rows: Which rows the loss is of, for people.
    """

    trees: int
    most: int
    loss: float
    measure: str
    rows: str


OnProgress = Callable[[Progress], None]


def grow(
    train: Pool,
    validation: Pool | None,
    new_model: Callable[..., CatBoost],
    loss: str,
    params: FitParams,
    *,
    trees: int,
    on_progress: OnProgress | None = None,
) -> CatBoost:
    """A model grown on some rows.

    Args:
        train: The rows.
        validation: Rows to stop early on, if any.
        new_model: Makes a CatBoost model of the right class.
        loss: The loss to reduce, by CatBoost's name.
        params: How to fit.
        trees: The most trees to grow; all of them, without rows to stop early on.
        on_progress: Called about ten times on the way.
    """
    model = new_model(
        iterations=trees,
        learning_rate=params.learning_rate,
        depth=params.depth,
        l2_leaf_reg=params.l2_leaf_reg,
        one_hot_max_size=params.one_hot_max_size,
        max_ctr_complexity=params.max_ctr_complexity,
        leaf_estimation_iterations=params.leaf_estimation_iterations,
        bootstrap_type="Bernoulli",
        subsample=params.subsample,
        rsm=params.rsm,
        boosting_type="Plain",
        has_time=True,
        loss_function=loss,
        eval_metric=loss,
        early_stopping_rounds=params.early_stopping_rounds if validation else None,
        use_best_model=validation is not None,
        random_seed=params.seed,
        thread_count=params.threads or -1,
        logging_level="Silent",
        allow_writing_files=False,
    )
    reporter = _Reporter(loss, trees, on_progress)
    # CatBoost remarks on classes that no training row has, past its own logging level.
    model.fit(
        train,
        eval_set=validation,
        callbacks=[reporter] if on_progress else None,
        log_cout=_note,
        log_cerr=_note,
    )
    return model


def _note(words: str) -> None:
    logger.debug("CatBoost: %s", words.strip())


@dataclass(frozen=True)
class _Reporter:
    """A CatBoost callback that reports a few times only."""

    metric: str
    most: int
    on_progress: OnProgress | None

    def after_iteration(self, info: Any) -> bool:
        """Report now and then; True lets CatBoost go on."""
        if self.on_progress and info.iteration % max(1, self.most // PROGRESS_REPORTS) == 0:
            aside = info.metrics.get("validation")
            watched = aside or info.metrics["learn"]
            progress = Progress(
                trees=info.iteration,
                most=self.most,
                loss=float(watched[self.metric][-1]),
                measure=self.metric,
                rows="rows set aside" if aside else "the rows trained on",
            )
            self.on_progress(progress)
        return True
