"""What a run shows in Prefect: artifacts, and links to and from its MLflow run."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from weekwise.orchestration.flow.report_summary import Report, read_report
from weekwise.orchestration.project import Project
from weekwise.paths import DataFolder, WeekFolder

FLOW_RUN_ID = "prefect.flow_run_id"
FLOW_RUN_URL = "prefect.flow_run_url"
MLFLOW_UI = "WEEKWISE_MLFLOW_UI"

logger = logging.getLogger(__name__)


def link_runs(project: Project, flow_run_id: str) -> str | None:
    """Tag the MLflow run that is open with the flow run, and show the MLflow run in Prefect.

    Returns:
        The MLflow run's id, if one is open.
    """
    import mlflow
    from prefect.utilities.urls import url_for

    active = mlflow.active_run()
    if active is None:
        return None
    url = url_for("flow-run", obj_id=flow_run_id) or ""
    mlflow.set_tags({FLOW_RUN_ID: flow_run_id, **({FLOW_RUN_URL: url} if url else {})})
    run_id = str(active.info.run_id)
    place = f"{_mlflow_ui(project)}/#/experiments/{active.info.experiment_id}/runs/{run_id}"
    _quietly(
        lambda: create_link_artifact(
            link=place, link_text=f"MLflow run {run_id}", key="mlflow-run", description=run_id
        )
    )
    return run_id


def publish_report(project: Project, as_of: str, mlflow_run_id: str | None) -> Report:
    """Show a complete run: the report's first line and table, the verdict, the Data Docs."""
    report = read_report(project.data, as_of)
    week = DataFolder(project.data).week(as_of)
    _quietly(
        lambda: create_markdown_artifact(
            markdown=_page(report, week, mlflow_run_id),
            key="weekly-report",
            description=report.headline,
        )
    )
    _quietly(
        lambda: create_markdown_artifact(
            markdown=f"# {report.verdict}\n\nModel card: `{week.model_card}`\n",
            key="verdict",
            description=report.verdict,
        )
    )
    _publish_gate(project, as_of)
    return report


def publish_failure(project: Project, as_of: str, error: BaseException) -> None:
    """Show why a run failed, with what the data gate found."""
    text = f"# The run of {as_of} failed\n\n```text\n{error}\n```\n"
    _quietly(
        lambda: create_markdown_artifact(
            markdown=text, key="failure", description=str(error).partition("\n")[0]
        )
    )
    _publish_gate(project, as_of)


def gate_failures(folder: Path) -> list[dict[str, str]]:
    """What the data gate found of a week's tables, one row a finding.

    Args:
        folder: The week's `gate` folder.
    """
    from weekwise.quality.gate_result import GateResult

    rows: list[dict[str, str]] = []
    for path in sorted(folder.glob("*.json")):
        result = GateResult.model_validate_json(path.read_bytes())
        rows += [{"table": path.stem, "finding": message.strip()} for message in result.messages]
    return rows


def _publish_gate(project: Project, as_of: str) -> None:
    rows = gate_failures(DataFolder(project.data).week(as_of).gate)
    description = f"{len(rows)} findings" if rows else "all tables are as their contracts say"
    _quietly(
        lambda: create_table_artifact(
            table=rows or [{"table": "all", "finding": "none"}],
            key="data-gate",
            description=description,
        )
    )
    docs = DataFolder(project.data).data_docs
    if docs.exists():
        _quietly(
            lambda: create_link_artifact(
                link=docs.resolve().as_uri(), link_text="Data Docs", key="data-docs"
            )
        )


def _page(report: Report, week: WeekFolder, mlflow_run_id: str | None) -> str:
    lines = [f"# {report.headline}", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in report.rows]
    lines += ["", *(f"- {step}" for step in report.next_steps), ""]
    lines += [f"Report: `{week.weekly_page}`", ""]
    if mlflow_run_id:
        lines += [f"MLflow run: `{mlflow_run_id}`", ""]
    return "\n".join(lines)


def _mlflow_ui(project: Project) -> str:
    """Where MLflow's pages are: what a browser calls its server, or what `make mlflow` starts."""
    server = os.environ.get(MLFLOW_UI) or os.environ.get("MLFLOW_TRACKING_URI", "")
    if server.startswith("http"):
        return server.rstrip("/")
    ui = project.config["mlflow"].get("ui", {})
    return f"http://{ui.get('host', '127.0.0.1')}:{ui.get('port', '5000')}"


def _quietly(publish: Callable[[], Any]) -> None:
    """Publish; a run does not fail because it could not be shown."""
    try:
        publish()
    except Exception:
        logger.warning("an artifact could not be published", exc_info=True)
