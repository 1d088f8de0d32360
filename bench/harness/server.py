# SPDX-License-Identifier: Apache-2.0
"""A contestant that answers HTTP: a server on the server core, loaded from the load core."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Callable, Mapping, Sequence

from harness import check, load
from harness.cpu import busy_seconds, usage
from harness.member import HIGHER, LOWER, OTHERS, Contestant, Invalid, Metric
from harness.process import Process
from harness.workspace import Workspace

METRICS = (
    Metric("cpu_us_per_request", LOWER, "CPU µs/req"),
    Metric("rps", HIGHER, "req/s", 0),
    Metric("p50_ms", LOWER, "p50 ms", 2),
    Metric("p99_ms", LOWER, "p99 ms", 2),
    Metric("p999_ms", LOWER, "p99.9 ms", 2),
    Metric("rss_mib", LOWER, "RSS MiB"),
)
WARM_UP_SECONDS = 1


@dataclasses.dataclass(frozen=True)
class Launch:
    """How a server is started on a given port."""

    command: Sequence[str]
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Job:
    """What is asked of every server of a case, and what a correct answer is."""

    path: str
    expected: object  # the JSON value of the answer's body, or a function that says whether a value is right


class Server(Contestant):
    """`launch(folder, port)` says how to start it; `folder` is its own and temporary."""

    def __init__(
        self, workspace: Workspace, job: Job, name: str, version: str, launch: Callable[[Path, int], Launch],
        ours: bool = False, core: int | None = None,
    ):
        self.name, self.version, self.ours = name, version, ours
        self.port = workspace.port()
        self._workspace, self._job, self._launch = workspace, job, launch
        self._core = workspace.cores.server if core is None else core
        self._process: Process | None = None
        self._body_bytes = 0

    def start(self) -> None:
        folder = self._workspace.subfolder(f"{self.name}-{self.port}")
        launch = self._launch(folder, self.port)
        process = Process(launch.command, self._core, folder, self.name, launch.environment)
        self._process = process
        try:
            self._body_bytes = check.answers(self.port, self._job.path, self._job.expected, lambda: process.ended)
        except Invalid as error:
            raise Invalid(f"{error}\n{process.tail()}") from error

    def measure(self, seconds: float) -> Mapping[str, float]:
        process = self._process
        if process is None:
            raise Invalid("it wasn't started")
        self._load(WARM_UP_SECONDS)
        busy, before = busy_seconds(self._core), usage(process.pid)
        seen = self._load(seconds)
        after, busy = usage(process.pid), busy_seconds(self._core) - busy
        if process.ended:
            raise Invalid(f"it ended under load\n{process.tail()}")
        used = after.cpu_seconds - before.cpu_seconds
        return {
            OTHERS: max(0.0, busy - used) / seen.seconds,
            "cpu_us_per_request": used * 1e6 / seen.requests,
            "rps": seen.requests / seen.seconds,
            "p50_ms": seen.p50_ms,
            "p99_ms": seen.p99_ms,
            "p999_ms": seen.p999_ms,
            "rss_mib": after.rss_bytes / 2**20,
        }

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def _load(self, seconds: float) -> load.Load:
        return load.run(self._workspace, self.port, self._job.path, seconds, self._body_bytes)
