"""A bounded load on one address of this machine: N connections, each with one request in flight.

    python benchmarks/load.py PORT PATH BODY_FILE CONNECTIONS SECONDS

prints requests per second, p50, p99, p99.9 and the longest in milliseconds, and how many answers
were no success, as JSON. It is plain asyncio and does nothing per request but look for the answer's
end, so that on the same machine it takes as little as it can from the service it measures.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ARROW = "application/vnd.apache.arrow.stream"


@dataclass
class Load:
    """What all connections share.

    Attributes:
        request: The request's bytes.
        until: When to stop.
        seconds: How long each request took.
        failed: How many answers were no success.
    """

    request: bytes
    until: float
    seconds: list[float] = field(default_factory=list)
    failed: int = 0


class Connection(asyncio.Protocol):
    """One connection that sends its request again as soon as it is answered."""

    def __init__(self, load: Load, done: asyncio.Future[None]) -> None:
        self.load, self.done = load, done
        self.buffer, self.length, self.start = b"", -1, 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = transport
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's interface
        """End; a connection that the server closed counts as a failure."""
        if not self.done.done():
            self.load.failed += 1
            self.done.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Look for the end of the answer."""
        self.buffer += data
        if self.length < 0:
            head, separator, _ = self.buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            _, _, rest = head.lower().partition(b"content-length:")
            self.length = len(head) + 4 + int(rest.split(b"\r\n", 1)[0])
        if len(self.buffer) < self.length:
            return
        now = time.perf_counter()
        self.load.seconds.append(now - self.start)
        if not self.buffer.startswith(b"HTTP/1.1 200"):
            self.load.failed += 1
        self.buffer, self.length = b"", -1
        if now < self.load.until:
            self._send()
        else:
            self.done.set_result(None)
            self.transport.close()

    def _send(self) -> None:
        self.start = time.perf_counter()
        self.transport.write(self.load.request)


async def run(
    port: int, path: str, body: bytes, connections: int, seconds: float, kind: str
) -> Load:
    """Put the load on a port of this machine."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    load = Load(head.encode() + body, time.perf_counter() + seconds)
    loop = asyncio.get_running_loop()
    done = [loop.create_future() for _ in range(connections)]
    for end in done:
        await loop.create_connection(lambda end=end: Connection(load, end), "127.0.0.1", port)
    await asyncio.wait_for(asyncio.gather(*done), seconds + 30)
    return load


def main() -> None:
    """Run from the command line."""
    import uvloop

    port, path, file, connections, seconds = sys.argv[1:]
    body = Path(file).read_bytes()
    kind = ARROW if file.endswith(".arrow") else "application/json"
    load = uvloop.run(run(int(port), path, body, int(connections), float(seconds), kind))
    times = sorted(load.seconds)
    figures = {
        "rps": len(times) / float(seconds),
        "p50": 1000 * times[len(times) // 2],
        "p99": 1000 * times[int(len(times) * 0.99)],
        "p99.9": 1000 * times[int(len(times) * 0.999)],
        "longest": 1000 * times[-1],
        "failed": load.failed,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
