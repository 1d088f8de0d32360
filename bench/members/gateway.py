# SPDX-License-Identifier: Apache-2.0
"""gateway plain: a small JSON answer proxied over kept-alive connections on both sides."""

from __future__ import annotations

from harness.member import Case
from harness.server import METRICS, Job, Launch, Server
from harness.workspace import LOOPBACK, Workspace
from members import programs, user
from members.upstream import upstream


def cases(workspace: Workspace) -> list[Case]:
    job = Job(user.PATH, user.USER)
    behind = upstream(workspace)

    def config(template, folder, port):
        return str(workspace.render(template, folder, port=port, upstream_port=behind.port, folder=folder))

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
        Server(workspace, job, "nginx", programs.version("nginx", "-v"), nginx),
        Server(workspace, job, "haproxy", programs.version("haproxy", "-v"), haproxy),
        Server(workspace, job, "envoy", programs.version("envoy", "--version"), envoy),
        Server(workspace, job, "caddy", programs.version("caddy", "version"), caddy),
        Server(workspace, job, "go", programs.version("go", "version"), go),
    ]
    if executable is not None:
        contestants.insert(0, Server(workspace, job, "apus", programs.our_version(), ours, ours=True))
    return [Case(
        bench="gateway", name="plain", job="GET → 57 bytes of JSON from an upstream, keep-alive, 32 connections",
        metrics=METRICS, contestants=contestants, support=[behind], missing=missing or None)]
