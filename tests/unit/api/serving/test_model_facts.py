from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

import trains
from api.serving.model_facts import model_facts
from loaded_models import loaded_delays, loaded_faults, loaded_model, loaded_trains
from weekwise.model.alias_history import Action, AliasEvent, ChangeSource
from weekwise.model.fitting import fit, refit

RELEASED = {
    "since": datetime(2013, 3, 1, tzinfo=UTC),
    "why": "It is better.",
    "verdict": "promoted",
    "headline": "Version 2 replaces version 1.",
    "details": "**Version 2 replaces version 1.**",
    "metrics": {"loss": 0.4, "previous_loss": 0.5},
}


def test_what_the_registry_and_the_record_say() -> None:
    """The facts are those of the release, of the fitting, and of the contract."""
    model = loaded_trains("2")
    released = replace(model, release=model.release.model_copy(update=RELEASED))

    facts = model_facts(released, reachable=True, problem=None)

    record = model.predictor.record
    assert (facts.version, facts.since, facts.why) == ("2", RELEASED["since"], "It is better.")
    assert facts.verdict is not None
    assert facts.verdict.headline == "Version 2 replaces version 1."
    assert facts.metrics == {**RELEASED["metrics"], "validation_loss": record.validation_loss}
    assert (facts.rows, facts.trees, facts.baseline) == (record.rows, record.trees, record.baseline)
    assert (facts.target.name, facts.contract.table) == ("late", "trains")
    assert (facts.registry, facts.problem) == ("ok", None)


def test_the_versions_before() -> None:
    """Each change of the version in service is told, but not who the person was."""
    event = AliasEvent(
        number=3,
        alias="champion",
        action=Action.ROLLBACK,
        version="1",
        previous="2",
        who="somebody",
        at=datetime(2013, 3, 2, tzinfo=UTC),
        why="Version 2 was wrong.",
        as_of=date(2013, 2, 25),
        kind=ChangeSource.MANUAL,
    )
    model = loaded_trains()
    changed = replace(model, release=model.release.model_copy(update={"changes": (event,)}))

    (change,) = model_facts(changed, reachable=True, problem=None).history

    assert (change.version, change.previous, change.action) == ("1", "2", "rollback")
    assert (change.kind, change.why) == ("manual", "Version 2 was wrong.")
    assert "somebody" not in change.model_dump_json()


def test_a_model_that_was_fitted_again() -> None:
    """Its rows are all of them; the twin's, which the metrics are of, stand apart."""
    rows = trains.trains()
    before, holdout = rows[:-200], rows[-200:]
    judged = fit(before, trains.CONTRACT, ("line", "rain"), trains.PARAMS, as_of=trains.train_end())
    model = loaded_model(refit(judged, before, holdout), rows)

    facts = model_facts(model, reachable=True, problem=None)

    assert (facts.rows, facts.validation_rows) == (len(rows), 0)
    assert facts.judged is not None
    assert facts.judged.rows + facts.judged.validation_rows == len(before)
    assert facts.judged.train_end == judged.record.train_end
    assert facts.metrics["validation_loss"] == judged.record.validation_loss


def test_a_model_that_was_never_judged() -> None:
    """Without a verdict there is none, and MLflow that does not answer is said."""
    facts = model_facts(loaded_trains(), reachable=False, problem="MLflow does not answer")

    assert facts.verdict is None
    assert (facts.registry, facts.problem) == ("unreachable", "MLflow does not answer")


@pytest.mark.parametrize(
    ("model", "task"),
    [
        (loaded_trains(), "binary"),
        (loaded_delays(), "regression"),
        (loaded_faults(), "multiclass"),
    ],
)
def test_the_task_is_named(model: object, task: str) -> None:
    """Each model says what kind of prediction it makes."""
    facts = model_facts(model, reachable=True, problem=None)  # type: ignore[arg-type]

    assert facts.task == task
    assert facts.model_dump(mode="json")["task"] == task


def test_the_classes_of_a_target_have_labels() -> None:
    """A client learns what people call each class; a target without listed values has none."""
    facts = model_facts(loaded_faults(), reachable=True, problem=None)

    assert [(part.value, part.label) for part in facts.target.classes] == [
        ("none", "No fault"),
        ("door", "Door"),
        ("brake", "Brake"),
        ("fire", "Fire"),
    ]
    assert model_facts(loaded_delays(), reachable=True, problem=None).target.classes == []
