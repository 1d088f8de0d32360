# SPDX-License-Identifier: Apache-2.0
"""Load from wrk: a fixed number of keep-alive connections, each sending its next request when it has its answer."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
from pathlib import Path
from typing import Sequence

from harness.member import Invalid
from harness.process import Process
from harness.workspace import LOOPBACK, Workspace

CONNECTIONS = 32
SCRIPT = Path(__file__).with_name("load.lua")
SEQUENCE = Path(__file__).with_name("sequence.lua")  # its requests differ by a number that counts


@dataclasses.dataclass(frozen=True)
class Load:
    """What one run of wrk saw."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    p999_ms: float


def run(
    workspace: Workspace, port: int, path: str, seconds: float, body_bytes: int, script: Path = SCRIPT,
    arguments: Sequence[str] = (),
) -> Load:
    """Loads `path` for about `seconds` (wrk takes whole ones) from the load core, or what `script` makes of `arguments`.

    Raises Invalid if any request failed, had a status other than success, or came back shorter than `body_bytes`.
    """
    whole = max(1, math.ceil(seconds))
    process = Process(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{whole}s", "--timeout", "5s", "-s", str(script),
         f"http://{LOOPBACK}:{port}{path}", *(["--", *arguments] if arguments else [])],
        workspace.cores.load, workspace.folder, "wrk")
    try:
        process.wait(whole + 30)
    except subprocess.TimeoutExpired as error:
        raise Invalid("wrk didn't end") from error
    finally:
        process.stop()
    line = next((line for line in process.log.read_text().splitlines() if line.startswith("APUS ")), None)
    if line is None:
        raise Invalid(f"wrk failed:\n{process.tail()}")
    seen = json.loads(line[len("APUS "):])
    errors = {key: seen[key] for key in ("connect", "read", "write", "status", "timeout") if seen[key]}
    if errors:
        raise Invalid(f"errors under load, the run doesn't count: {errors} in {seen['requests']} requests")
    if not seen["requests"]:
        raise Invalid("no request completed")
    if seen["bytes"] < seen["requests"] * body_bytes:
        raise Invalid(f"bodies cut short: {seen['bytes']} bytes in {seen['requests']} answers of {body_bytes} and a head")
    return Load(
        requests=seen["requests"], seconds=seen["microseconds"] / 1e6,
        p50_ms=seen["p50"] / 1000, p99_ms=seen["p99"] / 1000, p999_ms=seen["p999"] / 1000)
