# SPDX-License-Identifier: Apache-2.0
"""memory: 2 GiB down and 2 GiB up through the gateway, and through a service that produces and consumes them."""

from __future__ import annotations

from harness.member import Case
from harness.server import Job, Launch
from harness.streams import METRICS, StreamServer
from harness.workspace import Workspace
from members import programs, user


def cases(workspace: Workspace) -> list[Case]:
    job = Job(user.PATH, user.USER)
    apus, no_apus = programs.ours("apus")
    service, no_service = programs.ours("bench-service")

    def bytes_service(_, port):
        return Launch([str(service), "bytes"], {"PORT": str(port), "APUS_EVENT_LOOPS": "1"})

    def gateway(folder, port):
        file = str(workspace.render(
            "gateway-bytes.yaml", folder, port=port, upstream_port=behind.port, admin_port=workspace.port()))
        return Launch([str(apus), "gateway", "--config", file], {"APUS_EVENT_LOOPS": "1"})

    behind = StreamServer(
        workspace, job, "upstream", programs.our_version(), bytes_service, core=workspace.cores.load)
    through = [StreamServer(workspace, job, "apus", programs.our_version(), gateway, ours=True)]
    direct = [StreamServer(workspace, job, "apus", programs.our_version(), bytes_service, ours=True)]
    missing = no_apus or no_service
    return [
        Case(
            bench="memory", name="gateway", job="2 GiB down, then 2 GiB up, through the gateway",
            metrics=METRICS, contestants=[] if missing else through, support=[] if missing else [behind],
            missing=missing or None),
        Case(
            bench="memory", name="service", job="2 GiB down, then 2 GiB up, a handler that streams",
            metrics=METRICS, contestants=[] if no_service else direct, missing=no_service or None),
    ]
