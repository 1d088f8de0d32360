# SPDX-License-Identifier: Apache-2.0
"""Sends requests at fixed moments, however long answers take.

A program of its own: `python3 -m chaos.generator PLAN`. The plan (chaos.load writes it) says when; nothing waits for
the answer of another request. Each request has a connection for itself, one that is idle or a new one, so that none
queues here. Its latency counts from the moment when it was due: what this process was late is in it, and told beside it.
Nothing is sent twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from pathlib import Path

from harness.workspace import LOOPBACK


class Generator:
    def __init__(self, port: int, timeout: float, begin: float):
        self._port, self._timeout, self._begin = port, timeout, begin
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.outcomes: list[dict] = []

    async def run(self, arrivals: list[dict]) -> None:
        """Each arrival: `due` in seconds from the beginning, `stream`, `request` and what of the answer is kept."""
        pending: set[asyncio.Task] = set()
        for arrival in arrivals:
            wait = self._begin + arrival["due"] - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            task = asyncio.create_task(self._send(arrival))
            pending.add(task)
            task.add_done_callback(pending.discard)
        while pending:
            await asyncio.wait(pending)

    async def _send(self, arrival: dict) -> None:
        due = self._begin + arrival["due"]
        lag = time.monotonic() - due
        status, body, failure = 0, b"", ""
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + self._timeout - lag):
                status, body = await self._exchange(arrival["request"].encode())
        except TimeoutError:
            failure = "no answer in time"
        except (OSError, asyncio.IncompleteReadError, ValueError, KeyError) as error:
            failure = type(error).__name__
        self.outcomes.append({
            "stream": arrival["stream"], "due": arrival["due"], "lag": lag, "latency": time.monotonic() - due,
            "status": status, "failure": failure or _problem(arrival, status, body),
            **({"key": arrival["key"], "id": _id(body) if status in (200, 201) else None} if "key" in arrival else {}),
        })

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection(LOOPBACK, self._port)
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            status, length, closes = _head(head)
            body = await reader.readexactly(length)
        except BaseException:
            writer.transport.abort()
            raise
        if closes:
            writer.close()
        else:
            self._idle.append((reader, writer))
        return status, body


def _head(head: bytes) -> tuple[int, int, bool]:
    """Status, length of the body, whether the connection closes. Raises ValueError."""
    first, *lines = head.decode().lower().split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines if ": " in line)
    return int(first.split(" ")[1]), int(fields["content-length"]), fields.get("connection") == "close"


def _problem(arrival: dict, status: int, body: bytes) -> str:
    """What is wrong with an answer; empty if nothing is."""
    if status in (200, 201):
        return "" if arrival["expected"] in body.decode() else "a wrong body"
    try:
        return f"{status} {json.loads(body).get('code', '')}".strip()
    except ValueError:
        return str(status)


def _id(body: bytes) -> int:
    return json.loads(body)["id"]


def _go_first() -> None:
    """Before the shop, which would keep it from sending on a machine that is short of CPU; clients are elsewhere."""
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -15)


async def _main(path: Path) -> None:
    plan = json.loads(path.read_text())
    generator = Generator(plan["port"], plan["timeout"], plan["begin"])
    await generator.run(plan["arrivals"])
    Path(plan["outcomes"]).write_text(json.dumps(generator.outcomes))


if __name__ == "__main__":
    _go_first()
    asyncio.run(_main(Path(sys.argv[1])))
