from __future__ import annotations

from weekwise.pipelines.model_monitoring import create_pipeline


def test_inputs_and_outputs() -> None:
    """The pipeline takes what the others leave behind, and leaves a log row and two reports."""
    pipeline = create_pipeline()

    assert pipeline.inputs() == {
        "champion",
        "evaluation",
        "exploration",
        "features",
        "features_contract",
        "first_champion",
        "gate_results",
        "monitoring_log",
        "outcome_log",
        "params:monitoring",
        "params:search",
        "params:window",
        "predictions@all",
        "predictions_file",
        "selected_features",
        "shadow_days",
        "verdict",
        "wrangling_summary",
    }
    assert pipeline.outputs() == {"outcome_week", "release", "weekly_report", "weekly_report_page"}


def test_the_report_is_last() -> None:
    """The weekly report, which marks a complete week, is saved after all the rest."""
    last = create_pipeline().nodes[-1]

    assert last.outputs == ["weekly_report_page", "release", "weekly_report"]
    assert "monitoring_week" in last.inputs
