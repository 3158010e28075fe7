"""The model card: what a reader must know before trusting a model.

Sections follow Mitchell et al., "Model Cards for Model Reporting", FAT* 2019.
"""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from weekwise.contract.model import Contract
from weekwise.model.evaluation import Evaluation
from weekwise.model.predictor import Predictor
from weekwise.model.verdict import Verdict
from weekwise.reports.level_words import level_in_words


def render_card(
    predictor: Predictor, version: str, evaluation: Evaluation, verdict: Verdict
) -> str:
    """The card of the model that a run leaves in service, as Markdown.

    Args:
        predictor: The model.
        version: Its version in the registry.
        evaluation: The run's models on its holdout.
        verdict: What the promotion gate decided.
    """
    environment = Environment(
        loader=PackageLoader("weekwise.reports"),
        autoescape=False,  # noqa: S701 - Markdown from the project's own contract and figures
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = _figure
    contract = predictor.contract
    columns = {
        name: model.metrics
        for name, model in (
            ("challenger", evaluation.challenger),
            ("champion", evaluation.champion),
        )
        if model is not None
    }
    shown = evaluation.challenger or evaluation.champion
    return environment.get_template("model_card.md.jinja").render(
        contract=contract,
        task=predictor.task,
        words=predictor.task.words,
        target=_target(contract),
        predictor=predictor,
        record=predictor.record,
        baseline=predictor.task.show_baseline(predictor.record.baseline),
        level=level_in_words(predictor),
        version=version,
        evaluation=evaluation,
        columns={**columns, "baseline": evaluation.baseline},
        slices=shown.slices if shown else (),
        classes=shown.classes if shown else (),
        verdict=verdict,
        importances=predictor.importances().head(10).to_dict(),
    )


def _target(contract: Contract) -> tuple[str, str]:
    if contract.target is None:
        return "", ""
    column = contract.columns[contract.target]
    return column.title, column.description


def _figure(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.4f}"
