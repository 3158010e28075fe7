"""What `GET /shadow` says."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import httpx

from loaded_models import loaded_trains
from service_client import Client, application, client_of, recording


def test_without_a_shadow() -> None:
    """Where no shadow is asked for, there is nothing to say; without a model, no answer."""
    answer = client_of(loaded_trains()).get("/shadow")

    assert answer.json() == {"wanted": None, "version": None, "problem": None, "compared": []}
    assert client_of(None).get("/shadow").status_code == 503


def test_compared(tmp_path: Path) -> None:
    """What was predicted beside the champion today is summed up, in figures and in words."""
    champion = loaded_trains("1")
    shadow = replace(champion, release=champion.release.model_copy(update={"version": "2"}))
    app, service = application(
        champion, shadow="challenger", shadow_dir=tmp_path, shadow_share=1, poll_seconds=1e-9
    )
    assert service.shadow is not None
    service.shadow.current = shadow
    rows = list(map(dict, champion.examples))

    async def ask() -> None:
        async with (
            recording(service),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
        ):
            await client.post("/predict/batch", json={"rows": rows})

    asyncio.run(ask())
    answer = Client(app).get("/shadow").json()

    (pair,) = answer["compared"]
    assert (answer["wanted"], answer["version"], answer["problem"]) == ("challenger", "2", None)
    assert (pair["version"], pair["shadow"], pair["rows"]) == ("1", "2", 3)
    assert (pair["difference"], pair["otherwise"]) == (0, 0)
    assert pair["predicted"] == pair["shadow_predicted"] > 0
    assert pair["summary"].startswith("Version 2 predicted 3 live rows beside version 1")


def test_damaged_files(tmp_path: Path) -> None:
    """Files that cannot be read are no reason for the service to fail."""
    app, _ = application(loaded_trains(), shadow="2", shadow_dir=tmp_path)
    (tmp_path / "day=2030-07-15").mkdir()
    (tmp_path / "day=2030-07-15" / "a.parquet").write_bytes(b"no Parquet")

    answer = Client(app).get("/shadow")

    assert (answer.status_code, answer.json()["compared"]) == (200, [])
