# SPDX-License-Identifier: Apache-2.0
"""gateway plain: a small JSON answer proxied over kept-alive connections on both sides."""

from __future__ import annotations

from typing import Sequence

from harness.member import Case, Metric
from harness.server import METRICS, Job, Launch, Server
from harness.workspace import LOOPBACK, Workspace
from members import programs, user
from members.upstream import upstream


def cases(workspace: Workspace) -> list[Case]:
    return [case(
        workspace, Server, METRICS, bench="gateway", name="plain", connections=1024,
        job="GET → 57 bytes of JSON from an upstream, keep-alive, 32 connections")]


def case(
    workspace: Workspace, server: type[Server], metrics: Sequence[Metric], bench: str, name: str, connections: int,
    job: str,
) -> Case:
    """Ours and every peer in front of the same upstream.

    `connections` is how many those that have a fixed limit are allowed.
    """
    asked = Job(user.PATH, user.USER)
    behind = upstream(workspace)

    def config(template, folder, port):
        return str(workspace.render(
            template, folder, port=port, upstream_port=behind.port, folder=folder, connections=connections))

    def ours(folder, port):
        file = str(workspace.render(
            "gateway.yaml", folder, port=port, upstream_port=behind.port, admin_port=workspace.port()))
        return Launch([str(executable), "gateway", "--config", file], {"APUS_EVENT_LOOPS": "1"})

    def nginx(folder, port):
        return Launch(
            [programs.find("nginx"), "-p", str(folder), "-e", "stderr", "-c", config("nginx.conf", folder, port)])

    def haproxy(folder, port):
        return Launch([programs.find("haproxy"), "-db", "-f", config("haproxy.cfg", folder, port)])

    def envoy(folder, port):
        return Launch([
            programs.find("envoy"), "-c", config("envoy.yaml", folder, port),
            "--concurrency", "1", "--disable-hot-restart", "-l", "error"])

    def caddy(folder, port):
        return Launch(
            [programs.find("caddy"), "run", "--adapter", "caddyfile", "--config", config("Caddyfile", folder, port)],
            {"GOMAXPROCS": "1", "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)})

    def go(_, port):
        return Launch(
            [programs.go_program("reverseproxy"), "-listen", f"{LOOPBACK}:{port}",
             "-upstream", f"http://{LOOPBACK}:{behind.port}"],
            {"GOMAXPROCS": "1"})

    executable, missing = programs.ours("apus")
    contestants = [
        server(workspace, asked, "nginx", programs.version("nginx", "-v"), nginx),
        server(workspace, asked, "haproxy", programs.version("haproxy", "-v"), haproxy),
        server(workspace, asked, "envoy", programs.version("envoy", "--version"), envoy),
        server(workspace, asked, "caddy", programs.version("caddy", "version"), caddy),
        server(workspace, asked, "go", programs.version("go", "version"), go),
    ]
    if executable is not None:
        contestants.insert(0, server(workspace, asked, "apus", programs.our_version(), ours, ours=True))
    return Case(
        bench=bench, name=name, job=job, metrics=metrics, contestants=contestants, support=[behind],
        missing=missing or None)
