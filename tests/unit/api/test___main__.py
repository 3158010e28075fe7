from __future__ import annotations

import socket

import pytest

from api.__main__ import main


def test_a_port_that_is_in_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second service on a port does not start, and says how to choose another."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        monkeypatch.setenv("WEEKWISE_API_PORT", str(port))

        assert main([]) == 1

    message = capsys.readouterr().err
    assert message.startswith(f"Port {port} of 127.0.0.1 is in use")
    assert f'make serve ARGS="--port {port + 1}"' in message
