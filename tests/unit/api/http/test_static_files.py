"""The web app's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from trains_service import trains_client


def test_the_app(tmp_path: Path) -> None:
    """The app's page is asked for anew, its hashed files never again; without it, a hint."""
    (tmp_path / "assets").mkdir()
    asked = trains_client(app_dir=tmp_path)
    assert "make serve" in asked.get("/").text
    (tmp_path / "index.html").write_text("<p>app</p>")
    (tmp_path / "assets" / "a-1f.js").write_text("1")

    page, script = asked.get("/"), asked.get("/assets/a-1f.js")

    assert page.text == "<p>app</p>"
    assert page.headers["cache-control"] == "no-cache"
    assert "immutable" in script.headers["cache-control"]
    assert "script-src" not in page.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/..%2f..%2fetc/passwd", "/%2e%2e/settings.py", "/.env"])
def test_no_way_out(path: str, tmp_path: Path) -> None:
    """The app's folder is all that can be read."""
    (tmp_path / "app").mkdir()
    (tmp_path / ".env").write_text("secret")

    assert trains_client(app_dir=tmp_path / "app").get(path).status_code == 404
