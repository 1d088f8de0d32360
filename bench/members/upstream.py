# SPDX-License-Identifier: Apache-2.0
"""The fixed server behind gateways and callers: nginx answering from its configuration.

It shares the load core with wrk, is the same for all, and costs less than anything measured.
"""

from __future__ import annotations

from harness.server import Job, Launch, Server
from harness.workspace import Workspace
from members import programs, user


def upstream(workspace: Workspace) -> Server:
    def launch(folder, port):
        config = workspace.render("upstream.conf", folder, port=port, body=user.USER_JSON, folder=folder)
        return Launch([programs.find("nginx"), "-p", str(folder), "-e", "stderr", "-c", str(config)])

    return Server(
        workspace, Job(user.PATH, user.USER), "upstream", programs.version("nginx", "-v"), launch,
        core=workspace.cores.load)
