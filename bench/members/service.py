# SPDX-License-Identifier: Apache-2.0
"""service get: an operation with an id in its path, its answer encoded as JSON for each request."""

from __future__ import annotations

from harness.member import Case
from harness.server import METRICS, Job, Launch, Server
from harness.workspace import LOOPBACK, Workspace
from members import programs, user


def cases(workspace: Workspace) -> list[Case]:
    job = Job(user.PATH, user.USER)

    def ours(_, port):
        return Launch([str(executable), "service"], {"PORT": str(port), "APUS_EVENT_LOOPS": "1"})

    def go(_, port):
        return Launch([programs.go_program("service"), "-listen", f"{LOOPBACK}:{port}"], {"GOMAXPROCS": "1"})

    executable, missing = programs.ours("bench-service")
    contestants = [Server(workspace, job, "go", programs.version("go", "version"), go)]
    if executable is not None:
        contestants.insert(0, Server(workspace, job, "apus", programs.our_version(), ours, ours=True))
    return [Case(
        bench="service", name="get", job="GET → JSON encoded for each request, keep-alive, 32 connections",
        metrics=METRICS, contestants=contestants, missing=missing or None)]
