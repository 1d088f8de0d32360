# SPDX-License-Identifier: Apache-2.0
"""Which CPUs are used for what, and what a process tree has used, read from /proc."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclasses.dataclass(frozen=True)
class Cores:
    """The server under test has one core for itself; load generator and backends share another."""

    server: int
    load: int

    @staticmethod
    def choose() -> "Cores":
        allowed = sorted(os.sched_getaffinity(0))
        if len(allowed) < 2:
            raise SystemExit("bench: two CPUs are needed (one for the server under test), this process may use one")
        return Cores(server=allowed[0], load=allowed[1])


@dataclasses.dataclass(frozen=True)
class Usage:
    """What a process and its descendants have used so far."""

    cpu_seconds: float  # user + system of all threads, ended and reaped children included
    rss_bytes: int


def usage(pid: int) -> Usage:
    """Reads the usage of `pid` and everything below it.

    The kernel derives these ticks from its exact run time, so a window of seconds is off by at most one tick
    (10 ms) per process, not by sampling.
    """
    ticks = 0
    pages = 0
    for member in _tree(pid):
        fields = _stat(member)
        if fields is None:
            continue
        ticks += sum(int(value) for value in fields[11:15])  # utime stime cutime cstime
        pages += int(fields[21])
    return Usage(cpu_seconds=ticks / TICKS_PER_SECOND, rss_bytes=pages * PAGE_BYTES)


def busy_seconds(core: int) -> float:
    """How long a CPU has been doing anything at all since the machine started."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            user, nice, system, _, _, irq, softirq, *_ = (int(value) for value in ticks)
            return (user + nice + system + irq + softirq) / TICKS_PER_SECOND
    raise ValueError(f"/proc/stat has no cpu{core}")


def _tree(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields is not None:
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, pending = [], [root]
    while pending:
        pid = pending.pop()
        found.append(pid)
        pending.extend(children.get(pid, []))
    return found


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the command's name (the state is field 0); None if it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text[text.rindex(")") + 2 :].split()
