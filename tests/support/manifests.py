"""Kubernetes manifests as a cluster gets them, and what is in them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from prefect.utilities.templating import apply_values
from prefect_kubernetes.worker import KubernetesWorkerJobConfiguration

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
SCHEMAS = "1.37"

Document = dict[str, Any]


def put_together(folder: Path, overlay: str) -> list[Document]:
    """An overlay's documents, as kubectl sends them to a cluster; its secrets are the examples."""
    if shutil.which("kubectl") is None:
        pytest.skip("there is no kubectl on this machine")
    for example in (folder / "overlays" / overlay).glob("*.example"):
        shutil.copy(example, example.with_suffix(""))
    done = subprocess.run(
        ["kubectl", "kustomize", str(folder / "overlays" / overlay)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ValueError(done.stderr)
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def check(documents: list[Document]) -> None:
    """Hold documents against Kubernetes' schemas, in which no unknown field is allowed."""
    for document in documents:
        kubernetes_validate.validate(document, SCHEMAS, strict=True)


def of_kind(documents: list[Document], kind: str) -> dict[str, Document]:
    """The documents of a kind by name."""
    return {each["metadata"]["name"]: each for each in documents if each["kind"] == kind}


def workloads(documents: list[Document]) -> dict[str, Document]:
    """What has pods, by name."""
    return of_kind(documents, "Deployment") | of_kind(documents, "StatefulSet")


def run_job(folder: Path = FOLDER) -> Document:
    """The Job of a weekly run, as Prefect's worker makes it of the work pool's template."""
    template = json.loads((folder / "base" / "job-template.json").read_text("utf-8"))
    defaults = {
        name: variable["default"]
        for name, variable in template["variables"]["properties"].items()
        if "default" in variable
    }
    configured = KubernetesWorkerJobConfiguration(
        **apply_values(template["job_configuration"], defaults)
    )
    job: Document = configured.job_manifest
    # Prefect insists on two fields of a Job at a place where Kubernetes has none, and drops them.
    for name in ("completions", "parallelism"):
        assert job["spec"]["template"]["spec"].pop(name) == 1
    return job | {"metadata": {"name": "weekly-run", **job["metadata"], "labels": {}}}


def pods(documents: list[Document]) -> Iterator[tuple[str, Document]]:
    """Each pod's template with the name of what it is of, the weekly run's among them."""
    yield "weekly-run", run_job()["spec"]["template"]
    for name, workload in workloads(documents).items():
        yield name, workload["spec"]["template"]


def containers(documents: list[Document]) -> Iterator[tuple[str, Document]]:
    """Each container with its pod's name."""
    for name, pod in pods(documents):
        for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]:
            yield name, container
