"""Small charts as inline SVG that keeps its text readable at every width.

A chart has no view box of its own: positions across are percentages and positions down are
pixels, so a chart stretches to its column while its text stays the size of the page's. Curves lie
in an inner picture that is stretched, with strokes that are not. Colors come from the page's
stylesheet, which knows dark and light.
"""

from weekwise.reports.charts.bars import Bar, bars, histogram
from weekwise.reports.charts.heat import heatmap
from weekwise.reports.charts.lines import Series, line_chart, sparkline
from weekwise.reports.charts.parts import empty_chart

__all__ = [
    "Bar",
    "Series",
    "bars",
    "empty_chart",
    "heatmap",
    "histogram",
    "line_chart",
    "sparkline",
]
