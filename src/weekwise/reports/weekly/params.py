"""Typed parameters of model monitoring."""

from __future__ import annotations

from pydantic import Field

from weekwise.analysis.drift import DriftLimits
from weekwise.analysis.params import PerformanceParams, SliceParams
from weekwise.contract.column import Share
from weekwise.contract.frozen import Frozen


class MonitoringParams(Frozen):
    """How a week's predictions are judged, and what makes its status WARN or ACT.

    The figures behind the defaults are in docs/explanation/monitoring.md.

    Attributes:
        performance: How realized performance is compared with the expected.
        slices: The slices that are looked at.
        predictions_drift: When this week's predictions have drifted from those of the weeks
            before. The limits are twice the usual ones, since predictions follow the season.
        reference_weeks: With how many earlier weeks' predictions this week's are compared.
        drifted_features: WARN when at least this share of the selected features drifts majorly and
            further than in any of the past weeks that exploration compares with. One cause may
            move several features at once.
        max_unseen_share: WARN when a larger share of the upcoming rows has a category that history
            does not know.
        max_quarantined_share: WARN when a larger share of a table's rows went to quarantine. A row
            once wrong stays wrong in every week that follows, and must not warn in each of them.
    """

    performance: PerformanceParams = PerformanceParams()
    slices: SliceParams = SliceParams()
    predictions_drift: DriftLimits = DriftLimits(moderate=0.25, major=0.5)
    reference_weeks: int = Field(default=4, ge=1)
    drifted_features: Share = 0.4
    max_unseen_share: Share = 0.01
    max_quarantined_share: Share = 0.001
