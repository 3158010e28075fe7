"""The service's settings, read from the environment."""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from weekwise.paths import DataFolder, environment_data

PREFIX = "WEEKWISE_API_"
TRACKING_VARIABLE = "MLFLOW_TRACKING_URI"
_MIB = 1024 * 1024
_NAMED_KEY = re.compile(r"([A-Za-z0-9_.-]{1,40}):(.+)")


def data_dir() -> Path:
    """The folder that runs of the environment keep what they make in."""
    return environment_data(Path.cwd())


def tracking_uri() -> str:
    """Where MLflow is: its own variable, or the store that runs embed."""
    embedded = DataFolder(data_dir().absolute()).mlflow_database
    return os.environ.get(TRACKING_VARIABLE) or f"sqlite:///{embedded}"


class Settings(BaseSettings):
    """The service's settings. Each is the environment variable of its name after `WEEKWISE_API_`.

    Attributes:
        host: The address to listen on.
        port: The port to listen on.
        workers: Processes that answer; each watches the registry by itself.
        keys: API keys, separated by commas, of which every request must carry one. A key may have a
            name for the log, as in `reports:secret`. Without any, the service listens on this
            machine only.
        allow_unauthenticated: Listen on another address even though there are no keys.
        model_name: The registered model to serve. Left out, it is the only one there is.
        alias: The alias whose version is in service.
        poll_seconds: How often to look where the alias is.
        state_dir: The folder of the copy of the last good model. By default `serving` in the data
            folder.
        app_dir: The folder of the built web app.
        cors_origins: Origins, separated by commas, whose pages may call the API.
        rate_limit: How often one key, or without keys one address, may ask, such as `600/minute`;
            each worker counts by itself. Without it there is no limit.
        allowed_hosts: Names, separated by commas, that the service answers under; `*` for any. By
            default any where there are keys or everybody may ask, else this machine's own.
        trusted_proxies: Addresses, separated by commas, of proxies that say who asked them.
        max_connections: The most open connections, each worker's own.
        keep_alive_seconds: How long a connection may wait for its next request.
        max_body_bytes: The largest body of a request.
        max_row_bytes: The largest body of one row, and about the largest row of a batch.
        max_batch_rows: The most rows of a batch.
        request_timeout_seconds: How long one request may take, its body's arrival included.
        shutdown_seconds: How long running requests may take after SIGTERM.
        batch_threads: Threads for batches, each worker's own.
        explain_threads: Threads for explanations, each worker's own.
        request_log: Whether the rows that are predicted are kept with their answers.
        request_log_dir: The folder where they are kept. By default `requests` in the data folder.
        shadow: An alias such as `challenger`, or a version, that predicts live rows beside the
            champion, off the path of answers.
        shadow_share: The share of rows that it predicts, from 0 to 1.
        shadow_dir: The folder where its predictions are kept. By default `shadow` in the data
            folder.
        record_days: How many days rows are kept, of either kind, today included.
        record_seconds: How long they wait for others to share their file.
        log_level: How much the service says.
        access_log: Whether each request is a line in the log.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    workers: int = Field(default=1, ge=1, le=256)
    keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    allow_unauthenticated: bool = False
    model_name: str | None = None
    alias: str = "champion"
    poll_seconds: float = Field(default=10.0, gt=0)
    state_dir: Path = Field(default_factory=lambda: data_dir() / "serving")
    app_dir: Path = Path("frontend/dist")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    rate_limit: str | None = None
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ("127.0.0.1", "::1")
    max_connections: int = Field(default=1000, ge=2)
    keep_alive_seconds: int = Field(default=5, ge=1)
    max_body_bytes: int = Field(default=16 * _MIB, ge=1024)
    max_row_bytes: int = Field(default=256 * 1024, ge=1024)
    max_batch_rows: int = Field(default=10_000, ge=1)
    request_timeout_seconds: float = Field(default=30.0, gt=0)
    shutdown_seconds: int = Field(default=20, ge=0)
    batch_threads: int = Field(default=2, ge=1)
    explain_threads: int = Field(default=1, ge=1)
    request_log: bool = False
    request_log_dir: Path = Field(default_factory=lambda: DataFolder(data_dir()).request_log)
    shadow: str | None = Field(default=None, min_length=1)
    shadow_share: float = Field(default=0.1, gt=0, le=1)
    shadow_dir: Path = Field(default_factory=lambda: DataFolder(data_dir()).shadow_scores)
    record_days: int = Field(default=30, ge=1)
    record_seconds: float = Field(default=60.0, gt=0)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    access_log: bool = True

    @field_validator("keys", "cors_origins", "allowed_hosts", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @model_validator(mode="after")
    def _open_only_on_purpose(self) -> Settings:
        if not (self.keys or self.allow_unauthenticated or is_loopback(self.host)):
            raise ValueError(
                f"host {self.host} can be reached from other machines and there are no API keys; "
                f"set {PREFIX}KEYS, or listen on 127.0.0.1, or, if everybody may ask, set "
                f"{PREFIX}ALLOW_UNAUTHENTICATED=true"
            )
        _ = self.named_keys
        return self

    @field_validator("rate_limit")
    @classmethod
    def _is_rate(cls, value: str | None) -> str | None:
        if not value:
            return None
        from limits import parse

        try:
            parse(value)
        except ValueError:
            raise ValueError(f"{value!r} is no rate; write it as 600/minute") from None
        return value

    @property
    def named_keys(self) -> dict[str, SecretStr]:
        """The API keys by name; one without a name is called after its place, `key 1`."""
        named = {}
        for place, key in enumerate(self.keys, start=1):
            match = _NAMED_KEY.fullmatch(key.get_secret_value())
            name, secret = match.groups() if match else (f"key {place}", key.get_secret_value())
            named[name] = SecretStr(secret)
        if len(named) < len(self.keys):
            raise ValueError("two API keys have one name; give each a name of its own")
        return named

    @property
    def hosts(self) -> frozenset[str] | None:
        """The names that clients may call the service by; none for any name.

        Without keys, a page elsewhere whose name is made to point here could read every answer.
        """
        if "*" in self.allowed_hosts:
            return None
        if self.allowed_hosts:
            return frozenset(name.lower() for name in self.allowed_hosts)
        if self.keys or not is_loopback(self.host):
            return None
        return frozenset({"localhost", "127.0.0.1", "[::1]", self.host.lower()})


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
