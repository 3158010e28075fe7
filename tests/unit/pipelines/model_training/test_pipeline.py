from __future__ import annotations

from weekwise.pipelines.model_training import create_pipeline


def test_inputs_and_outputs() -> None:
    """The pipeline takes what the others leave and the current champion, and leaves reports."""
    pipeline = create_pipeline()

    assert pipeline.inputs() == {
        "features",
        "features_contract",
        "monitoring_log",
        "params:promotion",
        "params:retraining",
        "params:training",
        "params:window",
        "current_champion",
        "selected_features",
        "wrangling_summary",
    }
    assert pipeline.outputs() == {
        "calibration_figure",
        "importance_figure",
        "model_card",
        "shap_figure",
        "training_metrics",
    }
