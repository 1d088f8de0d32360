# SPDX-License-Identifier: Apache-2.0
"""A server that holds many idle keep-alive connections: what they cost, and how long a new one waits meanwhile."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import statistics
import struct
import time
from typing import Iterator, Mapping

from harness.cpu import usage
from harness.member import LOWER, Invalid, Metric
from harness.server import Server
from harness.workspace import LOOPBACK

METRICS = (
    Metric("rss_mib", LOWER, "RSS MiB"),
    Metric("rss_before_mib", LOWER, "before"),
    Metric("new_p50_ms", LOWER, "new p50 ms", 2),
    Metric("new_p99_ms", LOWER, "new p99 ms", 2),
    Metric("kib_per_connection", LOWER, "KiB/conn", 2),
)
CONNECTIONS = 10_000
AT_A_TIME = 32  # requests under way while the connections are opened
FILES = 65_536
TIMEOUT_SECONDS = 10
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing leaves no port in TIME_WAIT for the next round


def allow_files() -> None:
    """Raises the limit of open files, for this process and the servers that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY in (soft, hard) or soft >= FILES:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, max(FILES, hard)))
    except (ValueError, OSError):  # only root may go beyond the hard limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        if hard < CONNECTIONS + 1_000:
            raise SystemExit(f"bench: idle needs {CONNECTIONS + 1_000} open files, the hard limit is {hard} (ulimit -Hn)")


class IdleServer(Server):
    """Each connection has had an answer before it is left idle."""

    def measure(self, seconds: float) -> Mapping[str, float]:
        # What a round before it left behind would hide what connections cost.
        self.stop()
        self.start()
        process = self._process
        if process is None:
            raise Invalid("it wasn't started")
        with _on(self._workspace.cores.load):
            connections: list[socket.socket] = []
            try:
                self._ask_new(AT_A_TIME)
                before = usage(process.pid).rss_bytes
                while len(connections) < CONNECTIONS:
                    connections += self._open(min(AT_A_TIME, CONNECTIONS - len(connections)))
                latencies: list[float] = []
                end = time.monotonic() + seconds
                while time.monotonic() < end or len(latencies) < 200:
                    latencies += self._ask_new(1)
                after = usage(process.pid).rss_bytes
                # They must still be there, or what was measured is something else.
                for connection in connections[:: CONNECTIONS // 100]:
                    self._ask(connection)
            except OSError as error:
                raise Invalid(f"with {len(connections)} connections open: {error}\n{process.tail()}") from error
            finally:
                for connection in connections:
                    connection.close()
        if process.ended:
            raise Invalid(f"it ended\n{process.tail()}")
        percentiles = statistics.quantiles(latencies, n=100)
        return {
            "rss_mib": after / 2**20,
            "rss_before_mib": before / 2**20,
            "new_p50_ms": percentiles[49] * 1e3,
            "new_p99_ms": percentiles[98] * 1e3,
            "kib_per_connection": (after - before) / CONNECTIONS / 2**10,
        }

    def _open(self, count: int) -> list[socket.socket]:
        """So many connections, each of which has been answered once."""
        opened = [self._connect() for _ in range(count)]
        for connection in opened:
            connection.sendall(self._request)
        for connection in opened:
            self._receive(connection)
        return opened

    def _ask_new(self, count: int) -> list[float]:
        """How many seconds a request on a new connection takes, from the connect on, one after the other."""
        times = []
        for _ in range(count):
            began = time.perf_counter()
            connection = self._connect()
            try:
                self._ask(connection)
                times.append(time.perf_counter() - began)
            finally:
                connection.close()
        return times

    def _ask(self, connection: socket.socket) -> None:
        connection.sendall(self._request)
        self._receive(connection)

    @property
    def _request(self) -> bytes:
        return f"GET {self._job.path} HTTP/1.1\r\nHost: bench.test\r\n\r\n".encode()

    def _connect(self) -> socket.socket:
        connection = socket.create_connection((LOOPBACK, self.port), TIMEOUT_SECONDS)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        return connection

    def _receive(self, connection: socket.socket) -> None:
        """Reads one answer: a head, and a body of the length that the check before found."""
        received = b""
        while True:
            head, separator, body = received.partition(b"\r\n\r\n")
            if separator and len(body) >= self._body_bytes:
                break
            piece = connection.recv(4096)
            if not piece:
                raise Invalid(f"the connection was closed after {received[:200]!r}")
            received += piece
        if not head.startswith(b"HTTP/1.1 200"):
            raise Invalid(f"answered {received[:200]!r}")


@contextlib.contextmanager
def _on(core: int) -> Iterator[None]:
    """Runs this process on one CPU, as the load of other members is."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
