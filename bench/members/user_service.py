# SPDX-License-Identifier: Apache-2.0
"""user-service: the users service on PostgreSQL and Redis against a plain one in Go.

Each has a database of its own on the same PostgreSQL, a database number of its own on the same Redis, and writes its
access log to a file.
"""

from __future__ import annotations

import json
from typing import Callable, Mapping

from harness import load
from harness.member import Case, Invalid
from harness.process import Process
from harness.server import METRICS, WARM_UP_SECONDS, Job, Launch, Server
from harness.workspace import Workspace
from members import programs
from members.postgres import Postgres
from members.redis import Redis

USERS = 400_000
SHARED = 200_000  # of them, those that are in Redis before the case redis-hit begins
TTL = "3600s"

OURS = (
    "INSERT INTO users (name, email, email_key, created_at, version) SELECT 'User ' || n, 'user' || n || '@example.test',"
    f" 'user' || n || '@example.test', 1700000000000000, 1 FROM generate_series(1, {USERS}) n",
    "VACUUM ANALYZE users",
)
THEIRS = (
    "CREATE TABLE users (id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL)",
    "CREATE UNIQUE INDEX users_email ON users (email)",
    f"INSERT INTO users (name, email) SELECT 'User ' || n, 'user' || n || '@example.test' FROM"
    f" generate_series(1, {USERS}) n",
    "VACUUM ANALYZE users",
)


def is_user_one(value: object) -> bool:
    """Ours says when it was created, the one in Go doesn't."""
    return isinstance(value, dict) and {key: value.get(key) for key in ("id", "name", "email")} == {
        "id": 1, "name": "User 1", "email": "user1@example.test"}


class Stores:
    """What the contestants of a case share."""

    def __init__(self, workspace: Workspace) -> None:
        self.postgres, self.redis = Postgres(workspace), Redis(workspace)
        self.support = [self.postgres, self.redis]


class UserServer(Server):
    """A users service that begins with its users in the database and with an empty cache."""

    def __init__(
        self, workspace: Workspace, stores: Stores, number: int, name: str, version: str, path: str,
        prepare: Callable[["UserServer"], None], command: list[str], environment: Mapping[str, str],
        ours: bool = False,
    ):
        def launch(folder, port):
            return Launch(command, {
                **environment, "PORT": str(port), "DATABASE_URL": self.database_url,
                "REDIS_URL": stores.redis.url(number), "USER_CACHE_TTL": TTL})

        super().__init__(workspace, Job(f"{path}/1", is_user_one), name, version, launch, ours)
        self.database = f"users_{number}"
        self.database_url = stores.postgres.url(self.database)
        self.stores, self.number, self.path = stores, number, path
        self._prepare, self._is_prepared = prepare, False

    def start(self) -> None:
        if not self._is_prepared:
            self.stores.postgres.run(f"CREATE DATABASE {self.database}")
            self._prepare(self)
            self._is_prepared = True
        super().start()

    def restart(self) -> None:
        """Its own memory is empty then."""
        self.stop()
        self.start()

    def empty_redis(self) -> None:
        self.stores.redis.run([["FLUSHDB"]], database=self.number)

    def sequence(self, seconds: float, method: str, path: str, first: int, *body: str) -> load.Load:
        return load.run(
            self._workspace, self.port, self._job.path, seconds, 20, load.SEQUENCE, [method, path, str(first), *body])

    def users_once(self, first: int, last: int, seconds: float) -> load.Load:
        """Asks for so many users from `first` on as there is time for, each once."""
        seen = self.sequence(seconds, "GET", f"{self.path}/%d", first)
        if first + seen.requests + load.CONNECTIONS > last:
            raise Invalid(f"{last} users aren't enough: {seen.requests} were asked for from {first} on")
        return seen


class Miss(UserServer):
    """Each user is asked for once, and nothing is in a cache."""

    _next = 1

    def measure(self, seconds: float) -> Mapping[str, float]:
        self.stop()
        self.empty_redis()
        self.start()
        self._next = 2  # the check has asked for the first one
        figures = super().measure(seconds)
        filled = int(self.stores.redis.run([["DBSIZE"]], database=self.number)[0].lstrip(":"))
        if filled < figures["rps"] * seconds:
            raise Invalid(
                f"only {filled} users came into Redis, of {figures['rps'] * seconds:.0f} or more that were asked for: it"
                " worked without the cache")
        return figures

    def _load(self, seconds: float) -> load.Load:
        seen = self.users_once(self._next, USERS, seconds)
        self._next += seen.requests + 2 * load.CONNECTIONS
        return seen


class RedisHit(UserServer):
    """Each user is asked for once by this process, and is in Redis since another one asked."""

    _next = 1

    def start(self) -> None:
        is_first = not self._is_prepared
        super().start()
        if not is_first:
            return
        filled = 1
        while filled < SHARED:
            # A gap would be a miss: each run begins where the one before had its last answers.
            filled += max(1, self.users_once(filled, USERS, 2).requests - load.CONNECTIONS)

    def measure(self, seconds: float) -> Mapping[str, float]:
        self.restart()
        self._next = 2
        return super().measure(seconds)

    def _load(self, seconds: float) -> load.Load:
        seen = self.users_once(self._next, SHARED, seconds)
        self._next += seen.requests + 2 * load.CONNECTIONS
        return seen


class Post(UserServer):
    """Each request creates a user."""

    _next = USERS + 1

    def _load(self, seconds: float) -> load.Load:
        seen = self.sequence(
            seconds, "POST", self.path, self._next,
            json.dumps({"name": "Ada Lovelace", "email": "new%d@example.test"}, separators=(",", ":")))
        self._next += seen.requests + 2 * load.CONNECTIONS
        return seen


def cases(workspace: Workspace) -> list[Case]:
    executable, missing = programs.ours("users-service")

    def migrate(server: UserServer) -> None:
        process = Process(
            [str(executable), "migrate"], workspace.cores.load, workspace.subfolder(f"migrate-{server.port}"), "migrate",
            {"DATABASE_URL": server.database_url})
        try:
            process.wait(60)
        finally:
            process.stop()
        if process.status != 0:
            raise Invalid(f"users-service migrate failed\n{process.tail()}")
        server.stores.postgres.run(*OURS, database=server.database)

    def create(server: UserServer) -> None:
        server.stores.postgres.run(*THEIRS, database=server.database)

    def case(name: str, job: str, kind: type[UserServer]) -> Case:
        stores = Stores(workspace)
        contestants: list[UserServer] = []
        if executable is not None:
            contestants.append(kind(
                workspace, stores, 1, "apus", programs.our_version(), "/v1/users", migrate, [str(executable)],
                {"APUS_EVENT_LOOPS": "1"}, ours=True))
        contestants.append(kind(
            workspace, stores, 2, "go", programs.version("go", "version"), "/users", create,
            [programs.go_program("users")], {"GOMAXPROCS": "1"}))
        return Case(
            bench="user-service", name=name, job=f"{job}, access log on, keep-alive, 32 connections", metrics=METRICS,
            contestants=contestants, support=stores.support, missing=missing or None)

    return [
        case("hit", "GET of one user again and again (ours has it in memory, the one in Go in Redis)", UserServer),
        case("redis-hit", "GET of users that are in Redis, each once", RedisHit),
        case("miss", "GET of users that are in no cache, each once", Miss),
        case("post", "POST of users", Post),
    ]
