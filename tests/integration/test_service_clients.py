"""Clients generated from the service's own document, by other people's generators."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from trains_service import train, trains_client

pytestmark = pytest.mark.slow
APP = Path(__file__).parents[2] / "frontend"
GENERATOR = APP / "node_modules" / ".bin" / "openapi-typescript"


@pytest.mark.skipif(not GENERATOR.exists(), reason="the app's packages are not installed")
def test_what_a_typescript_client_leaves_out_stays_out(tmp_path: Path) -> None:
    """A row's optional fields are optional in TypeScript: one with a default would not be."""
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(trains_client().get("/openapi.json").json()))
    needed = trains_client().get("/schema").json()["required"]
    row = {name: train()[name] for name in needed}
    types = tmp_path / "schema.ts"
    subprocess.run([GENERATOR, document, "--output", types], check=True, capture_output=True)
    (tmp_path / "client.ts").write_text(
        "import type { components } from './schema';\n"
        f"export const row: components['schemas']['Row'] = {json.dumps(row)};\n"
    )

    compiler = APP / "node_modules" / ".bin" / "tsc"
    done = subprocess.run(
        [compiler, "--noEmit", "--strict", tmp_path / "client.ts"],
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout
    answer = trains_client().post("/predict", json=row).json()
    assert {warning["field"] for warning in answer["warnings"]} == {
        name for name in train() if name not in needed
    }
