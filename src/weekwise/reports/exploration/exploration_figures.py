"""The same findings as Plotly figures, which Kedro-Viz previews and MLflow keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weekwise.reports.exploration.exploration import Exploration
from weekwise.tasks import TASKS

if TYPE_CHECKING:
    from plotly.graph_objects import Figure
else:
    # Kedro resolves the annotations of nodes when it starts; Plotly is loaded when it draws.
    Figure = Any

__all__ = [
    "Figure",
    "associations",
    "correlation",
    "distributions",
    "drift",
    "missing",
    "target_rate",
]

BLUE, ORANGE, GRAY = "#2b62b8", "#c75c12", "#9aa5b3"
SHOWN = 40
PANELS_ACROSS = 4
MOST_PANELS = 32


def target_rate(found: Exploration) -> Figure:
    """The target's rate by week, with its confidence interval."""
    from plotly import graph_objects as go

    weeks = [rate for rate in found.target.by_week if rate.mean is not None]
    labels = [rate.label for rate in weeks]
    figure = go.Figure()
    band = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
    figure.add_scatter(x=labels, y=[rate.high for rate in weeks], **band)
    figure.add_scatter(
        x=labels,
        y=[rate.low for rate in weeks],
        fill="tonexty",
        fillcolor="rgba(43, 98, 184, 0.18)",
        **band,
    )
    figure.add_scatter(
        x=labels,
        y=[rate.mean for rate in weeks],
        mode="lines+markers",
        line={"color": BLUE},
        name=found.target.title,
        customdata=[rate.rows for rate in weeks],
        hovertemplate="week of %{x}<br>%{y:.1%} of %{customdata:,} rows<extra></extra>",
    )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return _dressed(figure, f"{found.target.title} by week", empty=not weeks)


def missing(found: Exploration) -> Figure:
    """The share of missing values of each feature that has any, past and upcoming."""
    from plotly import graph_objects as go

    gaps = [column for column in found.profile.columns if column.missing or column.missing_upcoming]
    gaps = sorted(gaps, key=lambda column: column.missing)[-SHOWN:]
    names = [column.name for column in gaps]
    figure = go.Figure()
    figure.add_bar(y=names, x=[c.missing for c in gaps], name="history", **_sideways(BLUE))
    upcoming = [column.missing_upcoming for column in gaps]
    figure.add_bar(y=names, x=upcoming, name="upcoming", **_sideways(ORANGE))
    figure.update_xaxes(tickformat=".0%", rangemode="tozero")
    return _dressed(figure, "Missing values", rows=len(gaps), empty=not gaps)


def distributions(found: Exploration) -> Figure:
    """The distribution of each feature, past and upcoming."""
    from plotly.subplots import make_subplots

    shown = [column for column in found.profile.columns if column.bins][:MOST_PANELS]
    down = max(1, -(-len(shown) // PANELS_ACROSS))
    figure = make_subplots(
        rows=down,
        cols=PANELS_ACROSS,
        subplot_titles=[column.title for column in shown],
        vertical_spacing=0.4 / down,
    )
    for place, column in enumerate(shown):
        at = {"row": place // PANELS_ACROSS + 1, "col": place % PANELS_ACROSS + 1}
        for name, shares, color in (
            ("history", column.history, BLUE),
            ("upcoming", column.upcoming, ORANGE),
        ):
            figure.add_bar(
                x=column.bins,
                y=shares,
                name=name,
                marker_color=color,
                legendgroup=name,
                showlegend=not place,
                **at,
            )
    figure.update_xaxes(showticklabels=False, type="category")
    figure.update_yaxes(tickformat=".0%")
    return _dressed(figure, "Distributions", rows=8 * down, empty=not shown)


def associations(found: Exploration) -> Figure:
    """How well each feature, alone, ranks past rows."""
    from plotly import graph_objects as go

    known = sorted(
        (one.strength, one.name) for one in found.associations if one.strength is not None
    )
    known = known[-SHOWN:]
    figure = go.Figure()
    figure.add_bar(y=[name for _, name in known], x=[auc for auc, _ in known], **_sideways(BLUE))
    top = max((auc for auc, _ in known), default=0.6)
    figure.update_xaxes(range=[min(0.5, *(auc for auc, _ in known), 0.5), max(0.6, top + 0.02)])
    measure = TASKS[found.target.task].words.association
    title = f"{measure} of each feature alone for {found.target.title}"
    return _dressed(figure, title, rows=len(known), empty=not known)


def correlation(found: Exploration) -> Figure:
    """How strongly each pair of features goes together."""
    from plotly import graph_objects as go

    names = found.correlations.names[:SHOWN]
    cells = [row[:SHOWN] for row in found.correlations.cells[:SHOWN]]
    figure = go.Figure()
    figure.add_heatmap(z=cells, x=names, y=names, zmin=-1, zmax=1, colorscale="RdBu_r", xgap=1)
    figure.update_yaxes(autorange="reversed")
    return _dressed(figure, "Pairwise correlation", rows=len(names), empty=len(names) <= 1)


def drift(found: Exploration) -> Figure:
    """The PSI of the upcoming rows beside those of the last weeks."""
    from plotly import graph_objects as go

    ranked = sorted(
        (one for one in found.drift if one.upcoming.psi is not None),
        key=lambda one: one.upcoming.psi or 0.0,
    )[-SHOWN:]
    past = [(one.upcoming.column, psi) for one in ranked for psi in one.recent if psi is not None]
    figure = go.Figure()
    dots: dict[str, Any] = {"mode": "markers", "type": "scatter"}
    figure.add_trace(
        {
            **dots,
            "x": [psi for _, psi in past],
            "y": [name for name, _ in past],
            "name": "each of the last weeks",
            "marker": {"color": GRAY, "symbol": "line-ns-open", "size": 10},
        }
    )
    figure.add_trace(
        {
            **dots,
            "x": [one.upcoming.psi for one in ranked],
            "y": [one.upcoming.column for one in ranked],
            "text": [str(one.upcoming.direction) for one in ranked],
            "name": "upcoming",
            "marker": {"color": ORANGE, "size": 10},
        }
    )
    for name in ("moderate", "major"):
        limit = getattr(found.params.drift, name)
        figure.add_vline(x=limit, line_dash="dot", line_color=GRAY, annotation_text=name)
    return _dressed(figure, "Drift (PSI) against history", rows=len(ranked), empty=not ranked)


def _sideways(color: str) -> dict[str, Any]:
    return {"orientation": "h", "marker_color": color}


def _dressed(figure: Any, title: str, *, rows: int = 10, empty: bool) -> Figure:
    figure.update_layout(
        template="plotly_white",
        title=title,
        height=max(320, 120 + 22 * rows),
        margin={"l": 60, "r": 30, "t": 70, "b": 50},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        barmode="group",
    )
    if empty:
        figure.add_annotation(text="Nothing to show", showarrow=False, x=0.5, y=0.5, xref="paper")
    return figure
