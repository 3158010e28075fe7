"""The records that tasks give and take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import Field

from weekwise.contract.frozen import Frozen
from weekwise.contract.type_facts import MLflowType

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a model's answers need beside its trees.

    Attributes:
        threshold: For yes or no: the probability from which the decision is yes.
        errors: For numbers: how far outcomes lay below and above predictions in rows the trees
            were not grown on, in units of their spread, at the ends of the prediction interval;
            none if that is not known.
        loss: The loss that the trees reduced, by CatBoost's name; none for the task's own.
        never_negative: For numbers: whether predictions end at zero, as the outcomes do.
    """

    threshold: float
    errors: tuple[float, float] | None = None
    loss: str | None = None
    never_negative: bool = False


Baseline = tuple[float, ...]
"""What is remembered of the outcomes of the past, and predicted for every row alike."""


class Metrics(Frozen):
    """How good some predictions are.

    Attributes:
        rows: Rows counted.
        loss: Mean of the task's loss of a row; none without rows. Lower is better.
        by_name: Every metric of the task by name; one without meaning for the rows is left out.
    """

    rows: int
    loss: float | None = None
    by_name: dict[str, float] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """A metric, for people.

    Attributes:
        name: Its name in files, tags and MLflow.
        title: Its name for people.
        share: Whether it is a share of rows, shown in percent.
        decisive: Whether it is among the few that a narrow table shows beside the loss.
    """

    name: str
    title: str
    share: bool = False
    decisive: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """What reports, messages and answers call the parts of a prediction.

    Attributes:
        loss: The loss, in the middle of a sentence.
        predictions: What is predicted, in the plural.
        mean_prediction: The title of their mean.
        mean_outcome: The title of the mean of what happened.
        scale: What the contributions of inputs add up to.
        contribution: What a contribution is about, for the axis of a chart.
        baseline: The title of what the baseline predicts.
        better: Which way the metrics improve, a sentence.
        association: The title of the measure of one feature's association with the target.
        association_method: How that measure is taken, a sentence or two.
        interval_method: What the intervals of group means are, a sentence or two.
        model_card: What the model gives, one or two sentences; `{threshold}` may stand in it.
        too_high: What to do about predictions that are too high or too low for weeks.
        limits: A sentence about what a prediction does not say.
    """

    loss: str
    predictions: str
    mean_prediction: str
    mean_outcome: str
    scale: str
    contribution: str
    baseline: str
    better: str
    association: str
    association_method: str
    interval_method: str
    model_card: str
    too_high: str
    limits: str

    @property
    def loss_title(self) -> str:
        """The loss as the beginning of a title."""
        return f"{self.loss[:1].upper()}{self.loss[1:]}"


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """A column of stored predictions and of the registered model's answers.

    Attributes:
        name: Its name.
        type: Its type in a model's signature, and its NumPy dtype.
        description: What it holds.
    """

    name: str
    type: MLflowType
    description: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """A histogram of what the service predicts.

    Attributes:
        name: The Prometheus metric's name.
        description: What is counted.
        buckets: Their upper ends.
    """

    name: str
    description: str
    buckets: tuple[float, ...]


class CalibrationBin(Frozen):
    """Rows of like prediction, and what happened to them.

    Attributes:
        rows: Rows in the bin.
        predicted: Their mean prediction.
        realized: The mean of what happened.
        lowest: Their lowest prediction.
        highest: Their highest prediction.
    """

    rows: int
    predicted: float
    realized: float
    lowest: float
    highest: float


class ClassScore(Frozen):
    """One class of some rows: what was predicted of it, and what happened.

    Attributes:
        label: What people call it.
        rows: Rows of the class.
        share: Their share of all rows.
        mean_prediction: Its mean probability over all rows.
        precision: The share of the class among the rows it was predicted for; none if it never was.
        recall: The share of its rows that it was predicted for; none without any.
        predicted_as: How many of its rows were predicted as each class, in the classes' order: a
            row of the confusion matrix.
    """

    label: str
    rows: int
    share: float
    mean_prediction: float
    precision: float | None
    recall: float | None
    predicted_as: tuple[int, ...]


class GroupMean(Frozen):
    """The target's mean in some rows, with its 95 % confidence interval.

    Attributes:
        label: Which rows.
        rows: How many there are.
        mean: The mean, for yes or no the share of yes; for classes the share of the one that is the
            most frequent overall. None without rows.
        low: Lower end of the interval.
        high: Upper end of the interval.
        shares: For classes: the share of each, by its label, in the contract's order.
        mean_of: For classes: the label of the class that `mean` is the share of.
    """

    label: str
    rows: int
    mean: float | None
    low: float | None
    high: float | None
    shares: dict[str, float] = Field(default_factory=dict)
    mean_of: str = ""
