"""The model card and the pictures of the model that a run trained or kept. Every node is pure."""

from __future__ import annotations

import pandas as pd

from weekwise.errors import FeedError
from weekwise.features.model_frame import model_frame
from weekwise.features.time_features import calendar_feature
from weekwise.model.contenders import Challenger, Champion, CurrentChampion
from weekwise.model.evaluation import (
    Evaluation,
)
from weekwise.model.predictor import BASE_VALUE, LEVEL
from weekwise.model.verdict import Verdict
from weekwise.pipelines.model_training.params import TrainingParams
from weekwise.reports.charts import ChartFigure
from weekwise.reports.model_card import render_card
from weekwise.reports.model_figures import (
    calibration_figure,
    importance_figure,
    shap_figure,
)


def write_model_card(
    challenger: Challenger,
    current_champion: CurrentChampion,
    evaluation: Evaluation,
    verdict: Verdict,
) -> str:
    """What a reader must know of the model that this run trained, or else kept, as Markdown.

    Args:
        challenger: The run's own model, if there is one.
        current_champion: The champion before this run, if there is one.
        evaluation: Both on the holdout.
        verdict: What the promotion gate decided.
    """
    model = _shown(challenger, current_champion)
    return render_card(model.predictor, model.version, evaluation, verdict)


def draw_model(
    challenger: Challenger,
    current_champion: CurrentChampion,
    holdout_rows: pd.DataFrame,
    evaluation: Evaluation,
    training: TrainingParams,
) -> tuple[ChartFigure, ChartFigure, ChartFigure]:
    """Feature importance, SHAP summary and calibration of the model this run trained or kept.

    Args:
        challenger: The run's own model, if there is one.
        current_champion: The champion before this run, if there is one.
        holdout_rows: Rows to explain; a fixed sample of them is.
        evaluation: Calibration of both models.
        training: `explained_rows` says how many rows.
    """
    predictor = _shown(challenger, current_champion).predictor
    titles = {
        **{name: column.title for name, column in predictor.contract.columns.items()},
        **{name: calendar_feature(name).title for name in predictor.calendar},
    }
    sample = holdout_rows.sample(min(training.explained_rows, len(holdout_rows)), random_state=0)
    contributions = predictor.contributions(sample).drop(columns=[BASE_VALUE, LEVEL])
    models = {
        name: evaluated.calibration
        for name, evaluated in (
            ("challenger", evaluation.challenger),
            ("champion", evaluation.champion),
        )
        if evaluated is not None
    }
    return (
        importance_figure(predictor.importances(), titles),
        shap_figure(
            contributions,
            model_frame(sample, predictor.inputs),
            titles,
            predictor.task.contribution(predictor.settings),
        ),
        calibration_figure(models, predictor.task),
    )


def _shown(challenger: Challenger, current: CurrentChampion) -> Champion:
    """The model a run has to show: its own, or the champion it kept."""
    if challenger.predictor is not None and challenger.version is not None:
        return Champion(challenger.version, challenger.predictor)
    if current.champion is None:
        raise FeedError("no model was trained and there is no champion; set retraining.retrain")
    return current.champion
