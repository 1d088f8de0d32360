# SPDX-License-Identifier: Apache-2.0
"""data: what an operation costs a client of PostgreSQL, a client of Redis and a user of the cache in the process."""

from __future__ import annotations

import re
from typing import Mapping

from harness.client import METRICS, Client, Program
from harness.member import LOWER, OTHERS, Case, Invalid, Metric
from harness.workspace import LOOPBACK, Workspace
from members import programs
from members.postgres import Postgres
from members.redis import Redis, RedisBenchmark

ROWS = 10_000  # as in bench/data and bench/peers/go/data
CONNECTIONS, CALLERS = 8, 16
REDIS_CALLERS = 64
VALUE_BYTES = 100

SCHEMA = (
    "CREATE TABLE bench_users (id BIGINT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL)",
    f"INSERT INTO bench_users SELECT n, 'User ' || n, 'user' || n || '@example.test' FROM generate_series(1, {ROWS}) n",
    "CREATE TABLE bench_inserts (id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL)",
    "VACUUM ANALYZE bench_users",
)


class FilledPostgres(Postgres):
    def start(self) -> None:
        super().start()
        self.run(*SCHEMA)


class FilledRedis(Redis):
    def start(self) -> None:
        super().start()
        self.run([["SET", f"key:{number:012d}", "v" * VALUE_BYTES] for number in range(ROWS)])


class CacheHit(Program):
    """bench-cache: the best of several rounds of a million hits each, of 10,000 keys."""

    METRICS = tuple(Metric(name, LOWER, heading) for name, heading in (
        ("get_string_key_ns", "get String"), ("get_integer_key_ns", "get Int"),
        ("get_or_load_hit_ns", "getOrLoad"), ("memory_cache_get_or_load_hit_ns", "as any Cache")))

    def measure(self, seconds: float) -> Mapping[str, float]:
        output, _, others = self._run(1, within=120)
        seen = {
            f"{name.replace('-', '_')}_ns": float(value)
            for name, value in re.findall(r"^([a-z-]+) ([\d.]+)$", output, re.MULTILINE)}
        missing = [metric.name for metric in self.METRICS if metric.name not in seen]
        if missing:
            raise Invalid(f"bench-cache printed no {', '.join(missing)}:\n{output[-500:]}")
        return {OTHERS: others, **{metric.name: seen[metric.name] for metric in self.METRICS}}


def cases(workspace: Workspace) -> list[Case]:
    go_version = programs.version("go", "version")
    executable, missing = programs.ours("bench-data")
    cache, no_cache = programs.ours("bench-cache")

    def ours(job: str, url: str, connections: int, callers: int) -> list[Client]:
        return [] if executable is None else [Client(
            workspace, "apus", programs.our_version(), lambda seconds: [
                str(executable), job, url, "--connections", str(connections), "--callers", str(callers),
                "--seconds", str(seconds)], ours=True)]

    def go(name: str, driver: str, job: str, url: str, connections: int, callers: int) -> Client:
        return Client(
            workspace, name, go_version, lambda seconds: [
                "env", "GOMAXPROCS=1", programs.go_program("data"), "-job", job, "-driver", driver, "-url", url,
                "-connections", str(connections), "-callers", str(callers), "-seconds", str(seconds)])

    def postgres(name: str, text: str) -> Case:
        server, job = FilledPostgres(workspace), f"postgres-{name}"
        return Case(
            bench="data", name=job,
            job=f"{text}, prepared, {CONNECTIONS} connections, {CALLERS} callers, synchronous_commit off",
            metrics=METRICS,
            contestants=[
                *ours(job, server.url(), CONNECTIONS, CALLERS),
                go("lib/pq", "postgres", job, server.url(), CONNECTIONS, CALLERS),
                go("pgx", "pgx", job, server.url(), CONNECTIONS, CALLERS),
            ],
            support=[server], missing=missing or None)

    redis = FilledRedis(workspace)
    return [
        postgres("select", "SELECT of one row by its key"),
        postgres("insert", "INSERT of one row"),
        Case(
            bench="data", name="redis-get",
            job=f"GET of {VALUE_BYTES} bytes, {REDIS_CALLERS} callers; ours and redis-benchmark -P {REDIS_CALLERS} on "
                f"one connection, redigo with a pool of {REDIS_CALLERS}",
            metrics=METRICS,
            contestants=[
                *ours("redis-get", redis.url(), 1, REDIS_CALLERS),
                go("redigo", "", "redis-get", redis.url(), REDIS_CALLERS, REDIS_CALLERS),
                RedisBenchmark(
                    workspace, redis, "-c", "1", "-P", str(REDIS_CALLERS), "-t", "get", "-r", str(ROWS),
                    least=100_000, cost=METRICS[0].name, rate=METRICS[1].name),
            ],
            support=[redis], missing=missing or None),
        Case(
            bench="data", name="cache-hit", job="a hit of the cache in the process, of 10,000 keys, in nanoseconds",
            metrics=CacheHit.METRICS,
            contestants=[] if cache is None else [CacheHit(
                workspace, "apus", programs.our_version(), lambda _: [str(cache)], ours=True)],
            missing=no_cache or None),
    ]
