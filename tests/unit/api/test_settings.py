"""Settings: documented, and safe by default."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from api.__main__ import main
from api.settings import PREFIX, Settings, is_loopback

PROJECT = Path(__file__).parents[3]
PAGE = PROJECT / "docs" / "reference" / "service-settings.md"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_documented(name: str) -> None:
    """Every setting is on the page of settings, by its variable, and described where it is made."""
    assert f"`{PREFIX}{name.upper()}`" in PAGE.read_text("utf-8")
    assert f"\n    {name}: " in f"{Settings.__doc__}".replace("\n        ", "\n    ")


def test_nothing_else_is_documented() -> None:
    """The page names no setting that does not exist."""
    words = PAGE.read_text("utf-8").split("`")
    named = {word for word in words if word.startswith(PREFIX) and word.isupper()}

    assert named == {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])  # noqa: S104
def test_not_open_by_accident(host: str) -> None:
    """Without keys, another address than this machine's own is refused unless it is asked for."""
    with pytest.raises(ValidationError, match="ALLOW_UNAUTHENTICATED=true"):
        Settings(host=host)
    assert Settings(host=host, keys="a").host == host
    assert Settings(host=host, allow_unauthenticated=True).host == host


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.0.1", True), ("::1", True), ("localhost", True), ("::", False)],
)
def test_loopback(host: str, loopback: bool) -> None:
    """What only this machine can reach is told from what others can."""
    assert is_loopback(host) is loopback


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are separated by commas, and keys do not show."""
    monkeypatch.setenv("WEEKWISE_API_KEYS", "key-1, key-2,")
    monkeypatch.setenv("WEEKWISE_API_CORS_ORIGINS", "https://a.example,https://b.example")

    settings = Settings()

    assert [key.get_secret_value() for key in settings.keys] == ["key-1", "key-2"]
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert "key-1" not in repr(settings)


def test_wrong_settings_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A service with wrong settings does not start, and says which variable to mend."""
    monkeypatch.setenv("WEEKWISE_API_PORT", "none")

    assert main([]) == 2
    assert "WEEKWISE_API_PORT: Input should be a valid integer" in capsys.readouterr().err


def test_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The local copy lies in the environment's own data folder, wherever the runs keep theirs."""
    monkeypatch.setenv("WEEKWISE_DATA_DIR", "/somewhere")
    monkeypatch.setenv("KEDRO_ENV", "orders")

    assert Settings().state_dir == Path("/somewhere/orders/serving")
