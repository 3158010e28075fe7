"""The nodes of model monitoring. Each is pure.

A rerun of an old week must say what it said then: whatever tables hold of weeks on or after the
as-of date is left out before anything else is done with them.
"""

from weekwise.pipelines.model_monitoring.nodes.coming_week import (
    describe_features,
    describe_predictions,
    find_unseen_categories,
)
from weekwise.pipelines.model_monitoring.nodes.past_weeks import (
    count_outcomes,
    join_outcomes,
    note_outcomes,
    score_first_champion,
    score_past_weeks,
)
from weekwise.pipelines.model_monitoring.nodes.reporting import (
    describe_data,
    describe_model,
    draw_report,
    judge_week,
    log_week,
)

__all__ = [
    "count_outcomes",
    "describe_data",
    "describe_features",
    "describe_model",
    "describe_predictions",
    "draw_report",
    "find_unseen_categories",
    "join_outcomes",
    "judge_week",
    "log_week",
    "note_outcomes",
    "score_first_champion",
    "score_past_weeks",
]
