"""What is counted."""

from __future__ import annotations

from loaded_models import loaded_faults, loaded_parcels
from service_client import client_of


def test_counts() -> None:
    """Requests by route and status, predictions, unseen categories and refusals are counted."""
    asked = client_of(loaded_parcels())
    row = dict(loaded_parcels().examples[0])
    asked.post("/predict", json=row | {"carrier": "drone"})
    asked.post("/api/predict", json=row | {"carrier": 3})
    asked.post("/predict/batch", json={"rows": [row, row | {"carrier": "kite"}, {}]})
    asked.get("/nothing")

    text = asked.get("/metrics").text

    duration = "weekwise_request_duration_seconds_count"
    for line in (
        f'{duration}{{method="POST",route="/predict",status="200"}} 1.0',
        f'{duration}{{method="POST",route="/predict",status="422"}} 1.0',
        f'{duration}{{method="GET",route="unmatched",status="404"}} 1.0',
        'weekwise_prediction_probability_count{version="1"} 3.0',
        'weekwise_unseen_categories_total{field="carrier"} 2.0',
        "weekwise_rows_refused_total 2.0",
        'weekwise_model_reloads_total{outcome="failed"} 0.0',
    ):
        assert line in text


def test_classes_are_counted_by_confidence() -> None:
    """Predictions of a class are counted by the probability of the class that is named."""
    model = loaded_faults()
    asked = client_of(model)
    answer = asked.post("/predict", json=dict(model.examples[0])).json()

    text = asked.get("/metrics").text

    assert 'weekwise_prediction_confidence_count{version="1"} 1.0' in text
    assert f'weekwise_prediction_confidence_sum{{version="1"}} {answer["probability"]}' in text
