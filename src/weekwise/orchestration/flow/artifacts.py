"""What a run shows in Prefect: artifacts, and links to and from its MLflow run."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from weekwise.orchestration.flow.week_summary import WeekSummary, summarize_week
from weekwise.orchestration.project_environment import ProjectEnvironment
from weekwise.paths import WeekFolder
from weekwise.system_errors import explained
from weekwise.wording import counted

if TYPE_CHECKING:
    from weekwise.reports.weekly.weekly_report import WeeklyReport

FLOW_RUN_ID = "prefect.flow_run_id"
FLOW_RUN_URL = "prefect.flow_run_url"
MLFLOW_UI = "WEEKWISE_MLFLOW_UI"

logger = logging.getLogger(__name__)


def link_runs(environment: ProjectEnvironment, flow_run_id: str) -> str | None:
    """Tag the active MLflow run with the flow run, and show the MLflow run in Prefect.

    Returns:
        The MLflow run's id, if one is active.
    """
    import mlflow
    from prefect.utilities.urls import url_for

    active = mlflow.active_run()
    if active is None:
        return None
    url = url_for("flow-run", obj_id=flow_run_id) or ""
    mlflow.set_tags({FLOW_RUN_ID: flow_run_id, **({FLOW_RUN_URL: url} if url else {})})
    run_id = str(active.info.run_id)
    page = f"#/experiments/{active.info.experiment_id}/runs/{run_id}"
    _publish(
        lambda: create_link_artifact(
            link=f"{_mlflow_ui(environment)}/{page}",
            link_text=f"MLflow run {run_id}",
            key="mlflow-run",
            description=run_id,
        )
    )
    return run_id


def publish_report(
    environment: ProjectEnvironment, report: WeeklyReport, mlflow_run_id: str | None
) -> None:
    """Show a complete run: the report's first line and figures, the verdict, the Data Docs."""
    summary, week = summarize_week(report), environment.data.week(report.as_of)
    _publish(
        lambda: create_markdown_artifact(
            markdown=_report_page(report, summary, week, mlflow_run_id),
            key="weekly-report",
            description=report.headline,
        )
    )
    _publish(
        lambda: create_markdown_artifact(
            markdown=f"# {summary.verdict}\n\nModel card: `{week.model_card}`\n",
            key="verdict",
            description=summary.verdict,
        )
    )
    _publish_gate(environment, week)


def publish_failure(environment: ProjectEnvironment, as_of: str, error: BaseException) -> None:
    """Show why a run failed, with the data gate's findings."""
    text = f"# The run of {as_of} failed\n\n```text\n{error}\n```\n"
    _publish(
        lambda: create_markdown_artifact(
            markdown=text, key="failure", description=str(error).partition("\n")[0]
        )
    )
    _publish_gate(environment, environment.data.week(as_of))


def gate_failures(week: WeekFolder) -> list[dict[str, str]]:
    """The data gate's findings in a week's tables, one row a failed check.

    Args:
        week: The week's folder.

    Returns:
        The rows of a Prefect table artifact: `table` and `finding`.
    """
    from weekwise.quality.gate_result import GateResult

    results = [
        GateResult.model_validate_json(path.read_bytes())
        for path in sorted(week.gate.glob("*.json"))
    ]
    return [
        {"table": result.table, "finding": message.strip()}
        for result in results
        for message in result.messages
    ]


def _publish_gate(environment: ProjectEnvironment, week: WeekFolder) -> None:
    # Results of an older version may be unreadable, so they are read where nothing fails the run.
    _publish(lambda: _create_gate_table(gate_failures(week)))
    docs = environment.data.data_docs
    if docs.exists():
        _publish(
            lambda: create_link_artifact(
                link=docs.resolve().as_uri(), link_text="Data Docs", key="data-docs"
            )
        )


def _create_gate_table(rows: list[dict[str, str]]) -> None:
    description = counted(len(rows), "finding", "findings") if rows else "all contracts hold"
    create_table_artifact(
        table=rows or [{"table": "all", "finding": "none"}],
        key="data-gate",
        description=description,
    )


def _report_page(
    report: WeeklyReport, summary: WeekSummary, week: WeekFolder, mlflow_run_id: str | None
) -> str:
    lines = [f"# {report.headline}", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in summary.rows]
    lines += ["", *(f"- {step}" for step in report.next_steps), ""]
    lines += [f"Report: `{week.weekly_page}`", ""]
    if mlflow_run_id:
        lines += [f"MLflow run: `{mlflow_run_id}`", ""]
    return "\n".join(lines)


def _mlflow_ui(environment: ProjectEnvironment) -> str:
    """MLflow's address in a browser: as it is set, its server's, or that of `make mlflow`."""
    server = os.environ.get(MLFLOW_UI) or os.environ.get("MLFLOW_TRACKING_URI", "")
    if server.startswith("http"):
        return server.rstrip("/")
    ui = environment.config["mlflow"].get("ui", {})
    return f"http://{ui.get('host', '127.0.0.1')}:{ui.get('port', '5000')}"


def _publish(create: Callable[[], Any]) -> None:
    """Create an artifact; a run does not fail because it could not be shown."""
    try:
        create()
    except Exception as error:
        plain = explained(error)
        logger.warning(
            "an artifact could not be published: %s",
            plain or type(error).__name__,
            exc_info=plain is None,
        )
