# SPDX-License-Identifier: Apache-2.0
"""messaging: publishes and complete jobs of the queue on each of its stores, and what an idle worker does."""

from __future__ import annotations

import shutil
from typing import Callable, Mapping, Sequence

from harness.client import Printer
from harness.member import HIGHER, LOWER, Case, Contestant, Metric
from harness.workspace import Workspace
from members import programs
from members.nats import NATS
from members.postgres import Postgres
from members.redis import Redis, RedisBenchmark

PUBLISH = (
    Metric("publishes_per_second", HIGHER, "publishes/s", 0), Metric("cpu_us_per_publish", LOWER, "CPU µs/publish"))
JOBS = (Metric("jobs_per_second", HIGHER, "jobs/s", 0), Metric("cpu_us_per_job", LOWER, "CPU µs/job"))
IDLE = (
    Metric("p50_ms", LOWER, "p50 ms", 2), Metric("p50_from_call_ms", LOWER, "from call", 2),
    Metric("idle_cpu_percent", LOWER, "idle CPU %", 3))

BATCH, BATCH_PUBLISHERS = 100, 8
PUBLISHERS, HANDLERS, BACKLOG = 64, 256, 2_000
CONNECTIONS = 16
EVENT_BYTES = 330  # of an event of bench/messaging as a CloudEvents document, about

PUBLISH_JOB = f"publishes in batches of {BATCH} by {BATCH_PUBLISHERS} publishers"
JOBS_JOB = f"{PUBLISHERS} publishers one by one, {HANDLERS} handlers that do nothing, settled; {BACKLOG:,} under way"
IDLE_JOB = "from the end of a publish (and from its call) to the handler, one at a time; a worker without work"
ARGUMENTS: Mapping[str, Sequence[str]] = {
    "publish": ["--publishers", str(BATCH_PUBLISHERS), "--batch", str(BATCH)],
    "jobs": ["--publishers", str(PUBLISHERS), "--handlers", str(HANDLERS), "--backlog", str(BACKLOG)],
    "idle": [],
}


class Fresh:
    """Empties the store before each turn, so that no turn finds what the one before left."""

    def __init__(self, *arguments, empty: Callable[[], None], **named):
        super().__init__(*arguments, **named)
        self._empty = empty

    def measure(self, seconds: float) -> Mapping[str, float]:
        self._empty()
        return super().measure(seconds)


class Turn(Fresh, Printer):
    """Ours, or the peer in Go."""


class Appends(Fresh, RedisBenchmark):
    """XADD and nothing else."""


class QueuePostgres(Postgres):
    """Syncs each commit before it answers. Each contestant has a database of its own, which each turn finds empty."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, synchronous_commit="on")

    def empty(self, database: str) -> Callable[[], None]:
        return lambda: self.run(
            f"DROP DATABASE IF EXISTS {database} WITH (FORCE)", f"CREATE DATABASE {database}", "CHECKPOINT")


class Cases:
    """Makes them: ours is one program with a URL for each store."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._executable, self._missing = programs.ours("bench-messaging")
        self._go_version = programs.version("go", "version")

    def ours(
        self, job: str, metrics: Sequence[Metric], url: str, empty: Callable[[], None], wide: bool = False
    ) -> list[Contestant]:
        return [] if self._executable is None else [Turn(
            self._workspace, "apus", programs.our_version(), lambda seconds: [
                str(self._executable), job, "--backend", url, "--connections", str(CONNECTIONS), *ARGUMENTS[job],
                "--seconds", str(seconds)],
            ours=True, wide=wide, metrics=metrics, empty=empty)]

    def case(self, name: str, text: str, metrics: Sequence[Metric], contestants: list[Contestant], *support) -> Case:
        return Case("messaging", name, text, metrics, contestants, support, missing=self._missing or None)

    def sqlite(self, job: str, text: str, metrics: Sequence[Metric], synchronous: str = "full") -> Case:
        name = f"sqlite-{job}" + ("" if synchronous == "full" else f"-{synchronous}")
        folder = self._workspace.folder / name

        def empty() -> None:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()

        # It shares the process with its user, so it has both CPUs.
        contestants = self.ours(job, metrics, f"sqlite:{folder}/queue.db?synchronous={synchronous}", empty, wide=True)
        return self.case(name, f"{text}; SQLite, synchronous={synchronous.upper()}", metrics, contestants)

    def postgres(self, job: str, text: str, metrics: Sequence[Metric]) -> Case:
        server = QueuePostgres(self._workspace)
        go = Turn(
            self._workspace, "go", self._go_version, lambda seconds: [
                "env", "GOMAXPROCS=1", programs.go_program("queue"), "-job", job, "-url", server.url("go"),
                *(word.replace("--", "-") for word in ARGUMENTS[job]), "-connections", str(CONNECTIONS),
                "-seconds", str(seconds)],
            metrics=metrics, empty=server.empty("go"))
        ours = self.ours(job, metrics, server.url("apus"), server.empty("apus"))
        return self.case(
            f"postgres-{job}", f"{text}; PostgreSQL {server.version}, synchronous_commit=on, {CONNECTIONS} connections",
            metrics, [*ours, go], server)

    def jetstream(self, job: str, text: str, metrics: Sequence[Metric]) -> Case:
        server = NATS(self._workspace)
        return self.case(
            f"jetstream-{job}", f"{text}; JetStream of NATS {server.version}, file storage, synced every 2 min", metrics,
            self.ours(job, metrics, server.url(), server.empty), server)

    def redis_publish(self, name: str, appendfsync: str) -> Case:
        server = Redis(self._workspace, appendfsync)
        pipelined = BATCH * BATCH_PUBLISHERS

        def flush() -> None:
            server.run([["FLUSHALL"]])

        peer = Appends(
            self._workspace, server, "-c", "1", "-P", str(pipelined), "XADD", "queue", "*", "event", "e" * EVENT_BYTES,
            least=20_000, cost=PUBLISH[1].name, rate=PUBLISH[0].name,
            empty=flush)
        return self.case(
            name, f"{PUBLISH_JOB}; redis-benchmark XADD -P {pipelined}; Redis {server.version}, appendfsync "
            f"{appendfsync}", PUBLISH, [*self.ours("publish", PUBLISH, server.url(), flush), peer], server)

    def redis(self, job: str, text: str, metrics: Sequence[Metric], appendfsync: str) -> Case:
        server = Redis(self._workspace, appendfsync)
        return self.case(
            f"redis-{job}", f"{text}; Redis {server.version}, appendfsync {appendfsync}", metrics,
            self.ours(job, metrics, server.url(), lambda: server.run([["FLUSHALL"]]) and None), server)


def cases(workspace: Workspace) -> list[Case]:
    make = Cases(workspace)
    return [
        make.sqlite("publish", PUBLISH_JOB, PUBLISH),
        make.sqlite("publish", PUBLISH_JOB, PUBLISH, synchronous="normal"),
        make.sqlite("jobs", JOBS_JOB, JOBS),
        make.sqlite("idle", IDLE_JOB, IDLE),
        make.postgres("publish", PUBLISH_JOB, PUBLISH),
        make.postgres("jobs", JOBS_JOB, JOBS),
        make.postgres("idle", IDLE_JOB, IDLE),
        make.jetstream("publish", PUBLISH_JOB, PUBLISH),
        make.jetstream("jobs", JOBS_JOB, JOBS),
        make.jetstream("idle", IDLE_JOB, IDLE),
        make.redis_publish("redis-publish", "always"),
        make.redis_publish("redis-publish-everysec", "everysec"),
        make.redis("jobs", JOBS_JOB, JOBS, "always"),
        make.redis("idle", IDLE_JOB, IDLE, "always"),
    ]
