# SPDX-License-Identifier: Apache-2.0
"""A Redis server for the clients that are measured: on the load core, the same for all of them."""

from __future__ import annotations

import re
import socket
import time
from typing import Mapping, Sequence

from harness.client import Program
from harness.member import OTHERS, Contestant, Invalid
from harness.process import Process
from harness.workspace import LOOPBACK, Workspace
from members import programs


class Redis(Contestant):
    """Empty at the start. Writes nothing to disk, unless told how often to sync: `always` or `everysec`."""

    name, ours = "redis", False

    def __init__(self, workspace: Workspace, appendfsync: str = "") -> None:
        self.port = workspace.port()
        self._persistence = ["--appendonly", "yes", "--appendfsync", appendfsync] if appendfsync else [
            "--appendonly", "no"]
        self.version = programs.version("redis-server", "--version")
        self._workspace = workspace
        self._process: Process | None = None

    def url(self, database: int = 0) -> str:
        return f"redis://{LOOPBACK}:{self.port}/{database}"

    def start(self) -> None:
        self._process = Process(
            [programs.find("redis-server"), "--port", str(self.port), "--bind", LOOPBACK, "--save", "",
             *self._persistence],
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


class RedisBenchmark(Program):
    """redis-benchmark with one command: how much pipelining gives at most, from a client that only counts answers.

    It is told how many requests to send rather than how long, so the first turn finds out how many fill a turn.
    """

    def __init__(self, workspace: Workspace, redis: Redis, *arguments: str, least: int, cost: str, rate: str):
        """`least` requests are sent in the first turn; `cost` and `rate` are the names of the metrics."""
        super().__init__(workspace, "redis-benchmark", redis.version, lambda requests: [
            programs.find("redis-benchmark"), "-h", LOOPBACK, "-p", str(redis.port), "-n", str(requests), "--csv",
            *arguments])
        self._least, self._cost, self._rate = least, cost, rate
        self._requests_per_second = 0.0

    def measure(self, seconds: float) -> Mapping[str, float]:
        requests = max(self._least, int(self._requests_per_second * seconds))
        output, used, others = self._run(requests, within=60 + 10 * seconds)
        found = re.findall(r'^".*?","([\d.]+)"', output, re.MULTILINE)
        if not found:
            raise Invalid(f"redis-benchmark printed no figure:\n{output[-500:]}")
        self._requests_per_second = float(found[-1])
        return {OTHERS: others, self._cost: used * 1e6 / requests, self._rate: self._requests_per_second}
