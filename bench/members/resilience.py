# SPDX-License-Identifier: Apache-2.0
"""resilience: what a decision of each policy costs, and how exact the balancing is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Mapping

from harness.client import Printer
from harness.member import LOWER, Case, Invalid, Metric
from harness.workspace import Workspace
from members import programs

COST = Metric("ns_per_operation", LOWER, "ns/op")
WITH_CLOCK = Metric("with_clock_ns", LOWER, "with clock")
TIME = Metric("milliseconds", LOWER, "ms")
EXACTNESS = Metric("exactness_percent", LOWER, "% off", 3)
MOVED = Metric("moved_percent", LOWER, "% moved", 3)
LAYERS = (Metric("allocations_per_call", LOWER, "allocations", 3), COST, Metric("bare_ns", LOWER, "bare ns"))

BREAKER = "admit and record, a window of 10 s in 10 buckets"
JOBS = (
    ("breaker", f"{BREAKER}, one thread", (COST, WITH_CLOCK)),
    ("breaker-failures", f"{BREAKER}, one thread, 10 % failures", (COST, WITH_CLOCK)),
    ("breaker-two-threads", f"{BREAKER}, two threads on one breaker", (COST,)),
    ("breaker-two-threads-failures", f"{BREAKER}, two threads on one breaker, 10 % failures", (COST,)),
    ("serialisation", "64 calls of 10 ms at once through one breaker; the peer holds its lock during the call", (TIME,)),
    ("gcra", "a decision of a rate limiter, one key", (COST, WITH_CLOCK)),
    ("gcra-million-keys", "a decision of a rate limiter, a million keys by chance", (COST, WITH_CLOCK)),
    ("round-robin", "a pick of 100 instances", (COST,)),
    ("p2c", "a pick of 100 instances, the less busy of two", (COST,)),
    ("maglev", "a pick of 1,000 instances", (COST,)),
    ("round-robin-exactness", "a million picks of 100 instances: the most that one is off its share", (EXACTNESS,)),
    ("weighted-round-robin-exactness",
     "a million picks of 100 instances, weights 1 to 7: the most that one is off its share", (EXACTNESS,)),
    ("maglev-removal", "1 of 100 instances goes: keys of the others that move, worst of ten", (MOVED,)),
    ("ring-hash-removal", "1 of 100 instances goes: keys of the others that move, worst of ten", (MOVED,)),
)
WITH_PEER = ("breaker", "breaker-failures", "breaker-two-threads", "breaker-two-threads-failures", "serialisation")
STACKS = (
    ("layers", "a call through six layers that do nothing; allocations beyond the bare call"),
    ("layers-shipped",
     "a call through deadline, shedding, bulkhead, retry, breaker and faults; allocations beyond the bare call"),
)


class Layers(Printer):
    """Counts allocations with glibc's libmemusage: those of many calls less those of one, through the layers and not."""

    CALLS = 100_000

    def __init__(self, workspace: Workspace, executable: Path, stack: str):
        super().__init__(
            workspace, "apus", programs.our_version(), lambda seconds: [str(executable), stack, str(seconds)],
            ours=True, metrics=LAYERS[1:])
        self._executable, self._stack = executable, stack

    def measure(self, seconds: float) -> Mapping[str, float]:
        beyond = self._per_call(self._stack) - self._per_call("none")
        return {**super().measure(seconds), LAYERS[0].name: round(beyond, 2)}

    def _per_call(self, stack: str) -> float:
        return (self._allocations(stack, self.CALLS) - self._allocations(stack, 1)) / (self.CALLS - 1)

    def _allocations(self, stack: str, calls: int) -> int:
        command = ["env", "LD_PRELOAD=libmemusage.so", str(self._executable), f"call-{stack}", str(calls)]
        output, _, _ = self._run_command(command, within=60)
        plain = re.sub(r"\x1b\[[\d;]*m", "", output)
        counts = re.findall(r"^\s*(?:malloc|realloc|calloc)\|\s*(\d+)", plain, re.MULTILINE)
        if len(counts) != 3:
            raise Invalid(f"libmemusage.so (of the package libc6) printed no counts:\n{output[-500:]}")
        return sum(int(count) for count in counts)


def cases(workspace: Workspace) -> list[Case]:
    go_version = programs.version("go", "version")
    executable, missing = programs.ours("bench-resilience")

    def case(name: str, job: str, metrics: tuple[Metric, ...]) -> Case:
        wide = name.startswith("breaker-two-threads")
        contestants = [] if executable is None else [Printer(
            workspace, "apus", programs.our_version(), lambda seconds: [str(executable), name, str(seconds)],
            ours=True, wide=wide, metrics=metrics)]
        if name in WITH_PEER:
            contestants.append(Printer(
                workspace, "go", go_version, lambda seconds: [programs.go_program("breaker"), name, str(seconds)],
                wide=wide, metrics=metrics))
        return Case("resilience", name, job, metrics, contestants, missing=missing or None)

    return [
        *(case(*job) for job in JOBS),
        *(Case(
            "resilience", name, job, LAYERS, [] if executable is None else [Layers(workspace, executable, name)],
            missing=missing or None) for name, job in STACKS),
    ]
