"""What the container files say, read without a Docker engine; `make compose-test` runs them."""

from __future__ import annotations

import importlib.util
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from api.http.middleware import SECURITY_HEADERS
from api.http.static_files import APP_POLICY

PROJECT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (PROJECT / "Dockerfile").read_text("utf-8")
EXAMPLE = (PROJECT / ".env.example").read_text("utf-8")
STAGE = re.compile(
    r"^FROM \S+ AS (?P<name>\S+)$(?P<body>.*?)(?=^FROM |\Z)", re.MULTILINE | re.DOTALL
)
STAGES = {match["name"]: match["body"] for match in STAGE.finditer(DOCKERFILE)}
TARGETS = {service["build"]["target"] for service in SERVICES.values() if "build" in service}
HEADER = re.compile(r'^add_header (?P<name>\S+) "(?P<value>.*)" always;$', re.MULTILINE)


@pytest.fixture(scope="module")
def health() -> ModuleType:
    """The health check of the Python images."""
    spec = importlib.util.spec_from_file_location("healthy", PROJECT / "docker" / "healthy.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_target_is_used() -> None:
    """The compose file builds exactly the images that the Dockerfile describes."""
    assert {"pipeline", "mlflow", "api", "frontend"} == TARGETS
    assert set(STAGES) >= TARGETS


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_images_run_as_one_user_and_can_be_asked_how_they_are(target: str) -> None:
    """A final image has a fixed user, a health check and labels, and compiles nothing."""
    body = STAGES[target]
    assert "USER 10001:10001" in body
    assert "HEALTHCHECK" in body
    assert "org.opencontainers.image.title" in body
    assert "apt-get" not in body


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_services_are_held_in(name: str) -> None:
    """Each service starts again, is limited, writes only where it must, and gains no rights."""
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["cpus"]
    assert "/tmp" in service["tmpfs"]  # noqa: S108 - a container's own
    assert "healthcheck" in service or service["build"]["target"] in TARGETS


def test_limits_fit_a_laptop() -> None:
    """All services together may take less than 8 GB."""
    megabytes = {"m": 1, "g": 1024}
    limits = [str(service["mem_limit"]) for service in SERVICES.values()]
    assert sum(int(limit[:-1]) * megabytes[limit[-1]] for limit in limits) < 8 * 1024


def test_only_this_machine_reaches_what_is_published() -> None:
    """The app and the two UIs are published on the loopback address, the database not at all."""
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"frontend", "mlflow", "prefect"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    reached = {name for name, service in SERVICES.items() if "database" in service["networks"]}
    assert reached == {"postgres", "mlflow", "prefect"}
    assert COMPOSE["networks"]["database"] == {"internal": True}


def test_no_password_has_a_default() -> None:
    """Every password must be set, its absence is said by name, and the example names each."""
    text = (PROJECT / "docker-compose.yml").read_text("utf-8")
    used = re.findall(r"PASSWORD: (\S.*)$", text, re.MULTILINE)
    asked = [re.fullmatch(r"\$\{(\w+):\?\1 is not set; .*\}", value) for value in used]
    assert len(asked) >= 5
    assert all(asked)
    for match in asked:
        assert match is not None
        assert re.search(rf"^{match[1]}=.", EXAMPLE, re.MULTILINE)


def test_every_setting_is_in_the_example() -> None:
    """Whatever the compose files read from the environment, `.env.example` names."""
    files = sorted(PROJECT.glob("docker-compose*.yml"))
    used = {name for file in files for name in re.findall(r"\$\{(\w+)", file.read_text("utf-8"))}
    assert {
        name for name in used if not re.search(rf"^(# )?{name}=", EXAMPLE, re.MULTILINE)
    } == set()


def test_runs_read_what_the_service_keeps_of_its_shadow() -> None:
    """Both have one volume in one place, which the service alone writes and its image owns."""
    variable = "WEEKWISE_API_SHADOW_DIR"
    folders = {SERVICES[name]["environment"][variable] for name in ("api", "pipeline")}
    (folder,) = folders

    assert f"shadow:{folder}" in SERVICES["api"]["volumes"]
    assert f"shadow:{folder}:ro" in SERVICES["pipeline"]["volumes"]
    for target in ("api", "pipeline"):
        assert re.search(
            rf"--owner weekwise --group weekwise .*{folder}$", STAGES[target], re.MULTILINE
        )
    catalog = (PROJECT / "conf" / "base" / "catalog.yml").read_text("utf-8")
    assert f"${{oc.env:{variable}," in catalog


def test_nginx_guards_the_app_as_the_service_does() -> None:
    """The app's page has the same policy and headers behind nginx as from the service itself."""
    text = (PROJECT / "docker" / "security-headers.conf").read_text("utf-8")
    sent = {match["name"].lower(): match["value"] for match in HEADER.finditer(text)}
    assert sent.pop("content-security-policy") == APP_POLICY
    assert sent.pop("x-frame-options") == "DENY"
    assert sent == {name.decode(): value.decode() for name, value in SECURITY_HEADERS}


def test_the_service_is_installed_without_what_draws() -> None:
    """The service's image holds CatBoost, and not the libraries that CatBoost draws with."""
    names = locked(PROJECT / "requirements-api.lock")
    assert "catboost" in names
    assert names.keys().isdisjoint({"graphviz", "matplotlib", "plotly"})


def test_the_mlflow_server_is_the_runs_mlflow() -> None:
    """What the server's lock and the run's lock both hold they hold at the same version."""
    runs, server = locked(PROJECT / "requirements.lock"), locked(PROJECT / "docker" / "mlflow.lock")
    both = runs.keys() & server.keys()
    assert {"mlflow", "sqlalchemy"} <= both
    assert {name: runs[name] for name in both} == {name: server[name] for name in both}


def locked(path: Path) -> dict[str, str]:
    """The versions that a lock file pins."""
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", path.read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize(("status", "well"), [(200, True), (204, True), (404, False), (503, False)])
def test_an_address_is_healthy_if_it_answers_well(
    health: ModuleType, status: int, well: bool
) -> None:
    """A status of success is health, and nothing else is."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        assert health.healthy(f"http://127.0.0.1:{server.server_port}/health") is well


def test_silence_is_not_health(health: ModuleType) -> None:
    """An address at which nobody answers is not healthy."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert not health.healthy(f"http://127.0.0.1:{port}/")
