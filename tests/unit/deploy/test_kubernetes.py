"""The Kubernetes manifests: put together by kubectl, valid, and at one with images and service."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from api.main import openapi_document
from api.settings import PREFIX, Settings
from manifests import (
    FOLDER,
    Document,
    check,
    containers,
    of_kind,
    pods,
    put_together,
    run_job,
    workloads,
)

PROJECT = Path(__file__).parents[3]
OVERLAYS = sorted(path.name for path in (FOLDER / "overlays").iterdir())
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text("utf-8"))
LOCK = (PROJECT / "requirements.lock").read_text("utf-8")
FOREIGN = {"prefecthq/prefect", "postgres"}
FAULTS = (
    ValueError,
    kubernetes_validate.ValidationError,
    kubernetes_validate.SchemaNotFoundError,
)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the manifests that may be changed."""
    return Path(shutil.copytree(FOLDER, tmp_path / "kubernetes"))


@pytest.fixture(scope="module", params=OVERLAYS)
def documents(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """All documents of an overlay."""
    folder = shutil.copytree(FOLDER, tmp_path_factory.mktemp("manifests") / "kubernetes")
    return put_together(Path(folder), request.param)


def test_every_document_is_valid(documents: list[Document]) -> None:
    """All of an overlay is as Kubernetes has it, field by field, and so is a weekly run's Job."""
    check(documents)
    check([run_job()])
    assert {"api", "frontend", "mlflow", "prefect", "worker"} <= workloads(documents).keys()
    assert {"api", "frontend"} <= of_kind(documents, "PodDisruptionBudget").keys()
    assert "api" in of_kind(documents, "HorizontalPodAutoscaler")


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("base/api.yaml", "readinessProbe", "readynessProbe"),
        ("base/api.yaml", "minReplicas: 2", "minReplicas: two"),
        ("base/api.yaml", "policy/v1", "policy/v1beta1"),
        ("base/worker.yaml", "kind: RoleBinding", "kind: RoleBindings"),
        ("base/network.yaml", "podSelector:\n    matchLabels", "podSelectors:\n    matchLabels"),
        ("base/runs.yaml", "accessModes: [ReadWriteOnce]", "accessModes: ReadWriteOnce"),
        ("overlays/trial/postgres.yaml", "volumeMounts", "volumesMounts"),
        ("overlays/trial/kustomization.yaml", "- postgres.yaml", "- postgresql.yaml"),
        ("overlays/trial/kustomization.yaml", "[name=register].env", "[name=registers].env"),
    ],
)
def test_a_slip_is_found(copied: Path, file: str, right: str, wrong: str) -> None:
    """A misspelled field, a wrong type, an old version or a file that is not there is told."""
    path = copied / file
    text = path.read_text("utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), "utf-8")
    with pytest.raises(FAULTS):
        check(put_together(copied, "trial"))


def test_a_run_that_prefect_would_refuse_is_found(copied: Path) -> None:
    """The template is read as the worker reads it, which refuses another container's name."""
    path = copied / "base" / "job-template.json"
    path.write_text(path.read_text("utf-8").replace("prefect-job", "weekly-run"), "utf-8")
    with pytest.raises(ValueError, match="must have value 'prefect-job'"):
        run_job(copied)


def test_secrets_are_examples(documents: list[Document]) -> None:
    """No value of a secret is in the repository; git leaves the files that hold them alone."""
    written = [
        path
        for path in FOLDER.rglob("*.yaml")
        if "kind: Secret\n" in path.read_text("utf-8") or "PASSWORD: " in path.read_text("utf-8")
    ]
    assert written == []
    for example in FOLDER.rglob("*.env.example"):
        subprocess.run(
            ["git", "check-ignore", "-q", example.with_suffix("")], cwd=FOLDER, check=True
        )
    names = {name.split("-")[0] for name in of_kind(documents, "Secret")}
    assert names <= {"weekwise", "alerts"}


def test_settings_that_a_container_reads_are_there(documents: list[Document]) -> None:
    """Configuration and secrets that a container names exist, with the key that it reads."""
    there = {
        kind: {name: each["data"] for name, each in of_kind(documents, kind).items()}
        for kind in ("ConfigMap", "Secret")
    }
    asked = [
        (kind, source[whole]["name"], None)
        for _, container in containers(documents)
        for source in container.get("envFrom", [])
        for kind, whole in (("ConfigMap", "configMapRef"), ("Secret", "secretRef"))
        if whole in source and not source[whole].get("optional")
    ] + [
        (kind, reference["name"], reference["key"])
        for _, container in containers(documents)
        for variable in container.get("env", [])
        for kind, part in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef"))
        if (reference := variable.get("valueFrom", {}).get(part)) and "optional" not in reference
    ]
    assert len(asked) > 5
    for kind, name, key in asked:
        assert name in there[kind]
        assert key is None or key in there[kind][name]


def test_volumes_that_a_container_mounts_are_there(documents: list[Document]) -> None:
    """What a container mounts its pod has, and what the pod has exists."""
    sets = of_kind(documents, "StatefulSet")
    for name, pod in pods(documents):
        claimed = sets[name]["spec"]["volumeClaimTemplates"] if name in sets else []
        volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
        names = volumes.keys() | {each["metadata"]["name"] for each in claimed}
        for container in pod["spec"]["containers"]:
            assert {each["name"] for each in container["volumeMounts"]} <= names
        for kind, part, key in (
            ("ConfigMap", "configMap", "name"),
            ("PersistentVolumeClaim", "persistentVolumeClaim", "claimName"),
        ):
            used = {each[part][key] for each in volumes.values() if part in each}
            assert used <= of_kind(documents, kind).keys()
        accounts = of_kind(documents, "ServiceAccount").keys()
        assert pod["spec"].get("serviceAccountName", "weekly-run") in accounts


def test_selectors_find_their_pods(documents: list[Document]) -> None:
    """Services, budgets, policies and workloads select pods that there are, by ports they have."""
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(documents)}

    def selected(selector: Document) -> list[str]:
        wanted = selector.get("matchLabels", {}).items()
        any_of = {each["key"]: each["values"] for each in selector.get("matchExpressions", [])}
        return [
            name
            for name, has in labels.items()
            if wanted <= has.items() and all(has.get(key) in any_of[key] for key in any_of)
        ]

    for name, workload in workloads(documents).items():
        assert selected(workload["spec"]["selector"]) == [name]
    for name, budget in of_kind(documents, "PodDisruptionBudget").items():
        assert selected(budget["spec"]["selector"]) == [name]
    ports = {
        name: [port for c in pod["spec"]["containers"] for port in c.get("ports", [])]
        for name, pod in pods(documents)
    }
    for name, service in of_kind(documents, "Service").items():
        assert selected({"matchLabels": service["spec"]["selector"]}) == [name]
        for port in service["spec"]["ports"]:
            assert port["targetPort"] in {each["name"] for each in ports[name]}
    for policy in of_kind(documents, "NetworkPolicy").values():
        guarded = selected(policy["spec"]["podSelector"])
        assert guarded
        for rule in policy["spec"].get("ingress", []):
            for peer in rule.get("from", []):
                assert selected(peer["podSelector"])
            numbers = {each["containerPort"] for name in guarded for each in ports[name]}
            assert {port["port"] for port in rule["ports"]} <= numbers


def test_runs_may_ask_what_they_need(documents: list[Document]) -> None:
    """A run's pod is let in by MLflow and Prefect, under labels that Prefect leaves alone."""
    labels = run_job()["spec"]["template"]["metadata"]["labels"]
    assert not any(name.startswith("app.kubernetes.io/") for name in labels), (
        "Prefect sets those to the deployment's name"
    )
    for name in ("runs-and-api-to-mlflow", "runs-and-worker-to-prefect"):
        (rule,) = of_kind(documents, "NetworkPolicy")[name]["spec"]["ingress"]
        asked = [peer["podSelector"].get("matchLabels") for peer in rule["from"]]
        assert any(wanted and wanted.items() <= labels.items() for wanted in asked)


def test_every_pod_is_held_in(documents: list[Document]) -> None:
    """Pods keep Kubernetes' strictest standard, write where they must, and are told no addresses.

    Variables such as MLFLOW_PORT, which Kubernetes makes of Services, are settings to MLflow and
    Prefect.
    """
    for _, pod in pods(documents):
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["enableServiceLinks"] is False
        assert (
            spec.get("serviceAccountName") == "worker" or not spec["automountServiceAccountToken"]
        )
    for _, container in containers(documents):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]
        assert "/tmp" in {each["mountPath"] for each in container["volumeMounts"]}  # noqa: S108


def test_images_are_those_of_the_dockerfile(documents: list[Document]) -> None:
    """Each image is a target of the Dockerfile or Prefect's own, at the version that runs have."""
    dockerfile = (PROJECT / "Dockerfile").read_text("utf-8")
    targets = set(re.findall(r"^FROM \S+ AS (\S+)$", dockerfile, re.MULTILINE))
    for _, container in containers(documents):
        if container["image"] == "@IMAGE@":
            continue
        name, _, tag = container["image"].rpartition(":")
        assert tag
        assert name in FOREIGN or name.rpartition("/")[2].removeprefix("weekwise-") in targets
    (prefect,) = re.findall(r"^prefect==(\S+)", LOCK, re.MULTILINE)
    worker = workloads(documents)["worker"]["spec"]["template"]["spec"]
    assert worker["containers"][0]["image"].startswith(f"prefecthq/prefect:{prefect}-")
    variables = {each["name"]: each.get("value") for each in worker["initContainers"][0]["env"]}
    assert variables["PIPELINE_IMAGE"] == worker["initContainers"][0]["image"]


def test_the_service_is_asked_what_it_answers(documents: list[Document]) -> None:
    """Probes ask routes of the service, its variables are settings, and its end is waited for."""
    pod = workloads(documents)["api"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    probes = [container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")]
    assert {probe["path"] for probe in probes} <= openapi_document(Settings())["paths"].keys()
    assert container["ports"][0]["containerPort"] == Settings().port
    names = [each["name"] for each in container["env"]]
    for name in names:
        if name.startswith(PREFIX):
            assert name.removeprefix(PREFIX).lower() in Settings.model_fields
    pause = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pause + Settings().shutdown_seconds < pod["terminationGracePeriodSeconds"]


def test_what_compose_says_holds_here_too(documents: list[Document]) -> None:
    """Ports, commands, health checks and what runs are told are those of the compose file."""
    found = dict(containers(documents))
    services = COMPOSE["services"]
    assert found["prefect"]["args"] == services["prefect"]["command"]
    published = {
        name: int(services[name]["ports"][0].rpartition(":")[2])
        for name in ("mlflow", "prefect", "frontend")
    }
    for name, port in published.items():
        assert found[name]["ports"][0]["containerPort"] == port
    health = services["prefect"]["healthcheck"]["test"][-1]
    assert health.endswith(found["prefect"]["readinessProbe"]["httpGet"]["path"])
    # Alerts are in a secret; what shadows predict is on no volume that runs could read.
    elsewhere = {"WEEKWISE_ALERT_URLS", "WEEKWISE_API_SHADOW_DIR"}
    told = services["pipeline"]["environment"].keys() - elsewhere
    assert told == of_kind(documents, "ConfigMap")["pipeline"]["data"].keys()
    for name, image in (("api", "api"), ("weekly-run", "pipeline")):
        mounts = {each["mountPath"] for each in found[name]["volumeMounts"]}
        volumes = [each.split(":") for each in services[image]["volumes"]]
        assert {path for _, path, *is_read in volumes if not is_read} <= mounts


def test_the_databases_are_made_alike() -> None:
    """Kustomize reads no file outside its folder, so the trial's databases are a copy."""
    copy = FOLDER / "overlays" / "trial" / "databases.sql"
    assert copy.read_text("utf-8") == (PROJECT / "docker" / "databases.sql").read_text("utf-8")
