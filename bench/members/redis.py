# SPDX-License-Identifier: Apache-2.0
"""A Redis server for the clients that are measured: on the load core, the same for all of them."""

from __future__ import annotations

import socket
import time
from typing import Mapping, Sequence

from harness.member import Contestant, Invalid
from harness.process import Process
from harness.workspace import LOOPBACK, Workspace
from members import programs


class Redis(Contestant):
    """Empty at the start; writes nothing to disk."""

    name, ours = "redis", False

    def __init__(self, workspace: Workspace) -> None:
        self.port = workspace.port()
        self.version = programs.version("redis-server", "--version")
        self._workspace = workspace
        self._process: Process | None = None

    def url(self, database: int = 0) -> str:
        return f"redis://{LOOPBACK}:{self.port}/{database}"

    def start(self) -> None:
        self._process = Process(
            [programs.find("redis-server"), "--port", str(self.port), "--bind", LOOPBACK, "--save", "",
             "--appendonly", "no"],
            self._workspace.cores.load, self._workspace.subfolder(f"redis-{self.port}"), "redis")
        deadline = time.monotonic() + 10
        while True:
            try:
                self.run([["PING"]])
                return
            except Invalid:
                if self._process.ended or time.monotonic() > deadline:
                    raise Invalid(f"it didn't start\n{self._process.tail()}")
                time.sleep(0.05)

    def run(self, commands: Sequence[Sequence[str]], database: int = 0) -> list[str]:
        """Runs commands that answer with one line each, and gives these lines. Raises Invalid."""
        words = [["SELECT", str(database)], *commands]
        text = "".join(
            f"*{len(command)}\r\n" + "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in command)
            for command in words)
        try:
            with socket.create_connection((LOOPBACK, self.port), 10) as connection:
                answers = connection.makefile("rb")
                connection.sendall(text.encode())
                found = []
                for command in words:
                    answer = answers.readline()
                    if not answer.endswith(b"\r\n") or answer.startswith(b"-"):
                        raise Invalid(f"{command[0]}: {answer!r}")
                    found.append(answer.decode().strip())
                return found[1:]
        except OSError as error:
            raise Invalid(f"Redis: {error}") from error

    def measure(self, seconds: float) -> Mapping[str, float]:
        raise NotImplementedError("support isn't measured")

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None
