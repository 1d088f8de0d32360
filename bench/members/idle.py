# SPDX-License-Identifier: Apache-2.0
"""idle: a gateway that holds 10,000 idle keep-alive connections, and answers new ones."""

from __future__ import annotations

from harness.idle import CONNECTIONS, METRICS, IdleServer, allow_files
from harness.member import Case
from harness.workspace import Workspace
from members import gateway


def cases(workspace: Workspace) -> list[Case]:
    allow_files()
    return [gateway.case(
        workspace, IdleServer, METRICS, bench="idle", name="gateway", connections=CONNECTIONS + 2_000,
        job=f"{CONNECTIONS:,} idle keep-alive connections, then GETs on new ones")]
