"""Small charts as inline SVG that keeps its text readable at every width.

A chart has no view box of its own: positions across are percentages and positions down are
pixels, so a chart stretches to its column while its text stays the size of the page's. Curves lie
in an inner picture that is stretched, with strokes that are not. Colors come from the page's
stylesheet, which knows dark and light.
"""

from weekwise.reports.charts.bars import Bar, bars, bars_height, bin_ends, histogram
from weekwise.reports.charts.beeswarm import Swarm, beeswarm, beeswarm_height
from weekwise.reports.charts.chart_figure import ChartFigure
from weekwise.reports.charts.heat import heatmap, heatmap_height
from weekwise.reports.charts.lines import Series, line_chart, sparkline
from weekwise.reports.charts.parts import empty_chart
from weekwise.reports.charts.reliability import (
    reliability_diagram,
    reliability_height,
)
from weekwise.reports.charts.shaded_table import ShadedRow, shaded_table

__all__ = [
    "Bar",
    "ChartFigure",
    "Series",
    "ShadedRow",
    "Swarm",
    "bars",
    "bars_height",
    "beeswarm",
    "beeswarm_height",
    "bin_ends",
    "empty_chart",
    "heatmap",
    "heatmap_height",
    "histogram",
    "line_chart",
    "reliability_diagram",
    "reliability_height",
    "shaded_table",
    "sparkline",
]
