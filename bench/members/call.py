# SPDX-License-Identifier: Apache-2.0
"""call get: a service that asks another one, decodes its JSON and answers with JSON of its own."""

from __future__ import annotations

from harness.member import Case
from harness.server import METRICS, Job, Launch, Server
from harness.workspace import LOOPBACK, Workspace
from members import programs
from members.upstream import upstream

PATH = "/v1/greetings/1"
GREETING = {"userId": 1, "text": "Hello, Ada Lovelace"}


def cases(workspace: Workspace) -> list[Case]:
    job = Job(PATH, GREETING)
    behind = upstream(workspace)
    address = f"http://{LOOPBACK}:{behind.port}"

    def ours(_, port):
        return Launch([str(executable), "call", "--upstream", address], {"PORT": str(port), "APUS_EVENT_LOOPS": "1"})

    def go(_, port):
        return Launch(
            [programs.go_program("call"), "-listen", f"{LOOPBACK}:{port}", "-upstream", address], {"GOMAXPROCS": "1"})

    executable, missing = programs.ours("bench-service")
    contestants = [Server(workspace, job, "go", programs.version("go", "version"), go)]
    if executable is not None:
        contestants.insert(0, Server(workspace, job, "apus", programs.our_version(), ours, ours=True))
    return [Case(
        bench="call", name="get",
        job="GET → a GET to another service, JSON decoded and encoded, keep-alive, 32 connections",
        metrics=METRICS, contestants=contestants, support=[behind], missing=missing or None)]
