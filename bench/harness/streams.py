# SPDX-License-Identifier: Apache-2.0
"""A server through which many bytes stream: how much it holds at most meanwhile."""

from __future__ import annotations

import json
import socket
import time
from typing import Mapping

from harness.member import HIGHER, LOWER, Invalid, Metric
from harness.memory import Peak
from harness.server import Server
from harness.workspace import LOOPBACK

METRICS = (
    Metric("rss_growth_mib", LOWER, "growth MiB"),
    Metric("down_growth_mib", LOWER, "down"),
    Metric("up_growth_mib", LOWER, "up"),
    Metric("down_mib_per_s", HIGHER, "down MiB/s", 0),
    Metric("up_mib_per_s", HIGHER, "up MiB/s", 0),
)
BYTES = 2 << 30
WARM_UP_BYTES = 8 << 20
STILL_SECONDS = 0.5  # before a client begins to receive
PIECE = 256 << 10
TIMEOUT_SECONDS = 60


class StreamServer(Server):
    """Has the two routes of bench/service/ByteStreams.swift, itself or behind it."""

    def measure(self, seconds: float) -> Mapping[str, float]:
        """Sends 2 GiB each way, however long it takes; `seconds` is not used."""
        process = self._process
        if process is None:
            raise Invalid("it wasn't started")
        try:
            # What is made at the first use of each path isn't what grows with the bytes.
            self._down(WARM_UP_BYTES)
            self._up(WARM_UP_BYTES)
            peak = Peak(process.pid)
            down_seconds = self._down(BYTES)
            down = peak.growth()
            peak = Peak(process.pid)
            up_seconds = self._up(BYTES)
            up = peak.growth()
        except OSError as error:
            raise Invalid(f"the bytes broke off: {error}\n{process.tail()}") from error
        return {
            "rss_growth_mib": max(down, up) / 2**20,
            "down_growth_mib": down / 2**20,
            "up_growth_mib": up / 2**20,
            "down_mib_per_s": BYTES / 2**20 / down_seconds,
            "up_mib_per_s": BYTES / 2**20 / up_seconds,
        }

    def _down(self, count: int) -> float:
        """Receives `count` bytes, after standing still for a while.

        Returns the seconds that receiving took. Raises Invalid if they aren't all there.
        """
        buffer = memoryview(bytearray(PIECE))
        with self._connect() as connection:
            connection.sendall(
                f"GET /v1/bytes/{count} HTTP/1.1\r\nHost: bench.test\r\nConnection: close\r\n\r\n".encode())
            # Meanwhile a server that doesn't wait for its client piles up what it has.
            time.sleep(STILL_SECONDS)
            began = time.monotonic()
            head, body = self._head(connection)
            received = len(body)
            while taken := connection.recv_into(buffer):
                received += taken
            took = time.monotonic() - began
        if received != count:
            raise Invalid(f"{received} of {count} bytes came after {head[:200]!r}")
        return took

    def _up(self, count: int) -> float:
        """Sends `count` bytes. Returns the seconds that it took. Raises Invalid if they didn't all arrive."""
        piece = memoryview(bytes(PIECE))
        with self._connect() as connection:
            began = time.monotonic()
            connection.sendall(
                f"PUT /v1/bytes HTTP/1.1\r\nHost: bench.test\r\nContent-Length: {count}\r\n"
                f"Connection: close\r\n\r\n".encode())
            left = count
            while left:
                connection.sendall(piece[: min(left, PIECE)])
                left -= min(left, PIECE)
            _, body = self._head(connection)
            while more := connection.recv(4096):
                body += more
            took = time.monotonic() - began
        if json.loads(body) != {"bytes": count}:
            raise Invalid(f"{count} bytes were sent, the answer is {body[:200]!r}")
        return took

    def _connect(self) -> socket.socket:
        return socket.create_connection((LOOPBACK, self.port), TIMEOUT_SECONDS)

    @staticmethod
    def _head(connection: socket.socket) -> tuple[bytes, bytes]:
        """The head of an answer, and what came of its body with it."""
        received = b""
        while b"\r\n\r\n" not in received:
            piece = connection.recv(PIECE)
            if not piece:
                raise Invalid(f"the connection was closed after {received[:200]!r}")
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise Invalid(f"answered {received[:300]!r}")
        return head, body
