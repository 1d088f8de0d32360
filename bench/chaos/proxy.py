# SPDX-License-Identifier: Apache-2.0
"""A proxy in front of one instance: makes it slow or weak, breaks its connections or answers errors in its place.

A program of its own: `python3 -m chaos.proxy PORT INSTANCE_PORT`. The end of standard input ends it; a line there sets
what it does:

    pass          hands everything through
    slow SECONDS  each request reaches the instance so much later
    weak SECONDS  one request at a time reaches the instance, each after so long; the others wait
    reset         each request ends with a reset of its connection; the instance never sees it
    error         each request is answered with 503; the instance never sees it

All but `reset` leave health checks alone: the instance seems well to whoever asks how it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys

from harness.workspace import LOOPBACK
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset
HEALTH = b"GET /readyz "
UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


class Proxy:
    def __init__(self, instance_port: int):
        self._instance_port = instance_port
        self._mode = "pass"
        self._delay = 0.0
        self._turn = asyncio.Lock()

    def command(self, line: str) -> None:
        self._mode, *rest = line.split()
        self._delay = float(rest[0]) if rest else 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: its requests one after the other, with whatever the instance answers."""
        answers: asyncio.Task | None = None
        upstream: asyncio.StreamWriter | None = None
        try:
            while True:
                request = await _request(reader)
                is_health = request.startswith(HEALTH)
                if self._mode == "reset":
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    return writer.transport.abort()
                if self._mode == "error" and not is_health:
                    writer.write(UNAVAILABLE)
                    continue
                if self._mode == "slow" and not is_health:
                    await asyncio.sleep(self._delay)
                if self._mode == "weak" and not is_health:
                    async with self._turn:
                        if reader.at_eof():
                            return  # whoever asked has gone meanwhile: nothing is done for it
                        await asyncio.sleep(self._delay)
                if upstream is None:
                    back, upstream = await asyncio.open_connection(LOOPBACK, self._instance_port)
                    answers = asyncio.create_task(_copy(back, writer))
                upstream.write(request)
        except (OSError, asyncio.IncompleteReadError):
            pass  # one of the two has gone
        finally:
            if answers is not None:
                answers.cancel()
            for end in (upstream, writer):
                if end is not None:
                    end.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    """Head and body. None of the callers sends a body without its length."""
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return head + await reader.readexactly(int(value))
    return head


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(1 << 16):
            writer.write(piece)
            await writer.drain()
    writer.close()


async def _main(port: int, instance_port: int) -> None:
    proxy = Proxy(instance_port)
    server = await asyncio.start_server(proxy.serve, LOOPBACK, port)
    ended = asyncio.Event()

    def read() -> None:
        line = sys.stdin.readline()
        if line:
            proxy.command(line)
            print(line.strip(), flush=True)  # whoever gave the command waits for this
        else:
            asyncio.get_running_loop().remove_reader(sys.stdin)
            ended.set()

    asyncio.get_running_loop().add_reader(sys.stdin, read)
    print("ready", flush=True)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2])))
