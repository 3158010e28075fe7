"""The level correction of a model, in words."""

from __future__ import annotations

from weekwise.model.predictor import Predictor
from weekwise.wording import percent


def level_in_words(predictor: Predictor) -> str:
    """What a model's predictions are moved by and why, or why not; empty if that was not tried.

    Args:
        predictor: The model.
    """
    record, task = predictor.record, predictor.task
    trial = record.level_trial
    if trial is None:
        return ""
    if not record.level:
        return (
            f"The level is not corrected: in {trial.weeks} past weeks a correction lowered the "
            f"mean {task.words.loss} by {trial.gain:.4f}, which is not more than its standard "
            f"error of {trial.error:.4f}."
        )
    most = max(record.level, key=abs)
    every = "Every score is" if len(record.level) == 1 else "The scores of the classes are"
    much = f"{most:+.2f}" if len(record.level) == 1 else f"up to {abs(most):.2f}"
    return (
        f"{every} moved by {much} ({task.scale(predictor.settings)}): {percent(trial.share, 0)} of "
        "what the newest days missed the level by. In "
        f"{trial.better} of {trial.weeks} past weeks that lowered the mean {task.words.loss}, by "
        f"{trial.gain:.4f} on average (standard error {trial.error:.4f})."
    )
