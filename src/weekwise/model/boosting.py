"""Growing trees with CatBoost, with progress on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weekwise.model.held_signals import held_signals
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
    drawn: dict[str, Any] = {"rsm": params.rsm}
    if params.subsample is not None:
        drawn |= {"bootstrap_type": "Bernoulli", "subsample": params.subsample}
    if params.leaf_estimation_iterations is not None:
        drawn |= {"leaf_estimation_iterations": params.leaf_estimation_iterations}
    model = new_model(
        iterations=trees,
        learning_rate=params.learning_rate,
        depth=params.depth,
        l2_leaf_reg=params.l2_leaf_reg,
        one_hot_max_size=params.one_hot_max_size,
        max_ctr_complexity=params.max_ctr_complexity,
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
        **drawn,
    )
    holding: AbstractContextManager[list[int]] = held_signals() if on_progress else nullcontext([])
    with holding as signals:
        reporter = _Reporter(loss, trees, on_progress, signals)
        try:
            # CatBoost remarks on classes that no training row has, past its own logging level.
            model.fit(
                train,
                eval_set=validation,
                callbacks=[reporter] if on_progress else None,
                log_cout=reporter.note,
                log_cerr=reporter.note,
            )
        finally:
            if reporter.error is not None:
                raise reporter.error
    return model


@dataclass
class _Reporter:
    """What CatBoost calls: reports a few times only, and keeps its remarks.

    CatBoost hides what is raised in here; it is kept and raised after the fit.
    """

    metric: str
    most: int
    on_progress: OnProgress | None
    signals: Sequence[int]
    error: Exception | None = None

    def after_iteration(self, info: Any) -> bool:
        """Report now and then; True lets CatBoost go on."""
        try:
            if self.on_progress and info.iteration % max(1, self.most // PROGRESS_REPORTS) == 0:
                self.on_progress(self._progress(info))
        except Exception as error:  # noqa: BLE001 - raised again after the fit
            self.error = error
        return self.error is None and not self.signals

    def note(self, words: str) -> None:
        """Keep a remark in the log."""
        try:
            logger.debug("CatBoost: %s", words.strip())
        except Exception as error:  # noqa: BLE001 - raised again after the fit
            self.error = error

    def _progress(self, info: Any) -> Progress:
        aside = info.metrics.get("validation")
        watched = aside or info.metrics["learn"]
        return Progress(
            trees=info.iteration,
            most=self.most,
            loss=float(watched[self.metric][-1]),
            measure=self.metric,
            rows="rows set aside" if aside else "the rows trained on",
        )
