# SPDX-License-Identifier: Apache-2.0
"""A contestant that asks a server: a program on the server core that runs for a turn and prints what it did."""

from __future__ import annotations

import json
import math
import re
import resource
import subprocess
import time
from typing import Callable, Mapping, Sequence

from harness.cpu import busy_seconds
from harness.member import HIGHER, LOWER, OTHERS, Contestant, Invalid, Metric
from harness.process import Process
from harness.workspace import Workspace

METRICS = (
    Metric("cpu_us_per_operation", LOWER, "CPU µs/op", 2),
    Metric("operations_per_second", HIGHER, "op/s", 0),
)


class Program(Contestant):
    """`command(amount)` says how to run it; the amount is that of ``_run``. With `wide` it has the load core as well."""

    def __init__(
        self, workspace: Workspace, name: str, version: str, command: Callable[[int], Sequence[str]],
        ours: bool = False, wide: bool = False,
    ):
        self.name, self.version, self.ours = name, version, ours
        self._workspace, self._command = workspace, command
        self._cores = (workspace.cores.server, workspace.cores.load) if wide else (workspace.cores.server,)

    def start(self) -> None:
        self.measure(1)

    def stop(self) -> None:
        """It ends by itself after each turn."""

    def _run(self, amount: int, within: float) -> tuple[str, float, float]:
        """Its output, the CPU seconds that it used, and the share of its cores that others had. Raises Invalid."""
        return self._run_command(self._command(amount), within)

    def _run_command(self, command: Sequence[str], within: float) -> tuple[str, float, float]:
        used, busy, began = _children_seconds(), self._busy_seconds(), time.monotonic()
        try:
            process = Process(
                command, self._cores, self._workspace.subfolder(f"{self.name.replace('/', '-')}-{id(self)}"),
                "client")
        except OSError as error:
            raise Invalid(str(error)) from error
        try:
            process.wait(within)
        except subprocess.TimeoutExpired as error:
            raise Invalid("it didn't end") from error
        finally:
            status = process.status
            process.stop()
        if status != 0:
            raise Invalid(f"it ended with status {status}\n{process.tail()}")
        used, busy = _children_seconds() - used, self._busy_seconds() - busy
        others = max(0.0, busy - used) / (time.monotonic() - began) / len(self._cores)
        return process.log.read_text(), used, others

    def _busy_seconds(self) -> float:
        return sum(busy_seconds(core) for core in self._cores)


class Client(Program):
    """Warms up for a second, then counts operations and its own CPU time, and prints the window as a line of JSON:
    `APUS {"operations": …, "microseconds": …, "cpu_microseconds": …}`. It ends with a status when an answer is wrong.
    """

    def measure(self, seconds: float) -> Mapping[str, float]:
        whole = max(1, math.ceil(seconds))
        output, _, others = self._run(whole, within=whole + 30)
        line = next((line for line in output.splitlines() if line.startswith("APUS ")), None)
        if line is None:
            raise Invalid(f"it printed no figures:\n{output[-500:]}")
        seen = json.loads(line[len("APUS "):])
        if not seen["operations"]:
            raise Invalid("no operation completed")
        return {
            OTHERS: others,
            "cpu_us_per_operation": seen["cpu_microseconds"] / seen["operations"],
            "operations_per_second": seen["operations"] * 1e6 / seen["microseconds"],
        }


class Printer(Program):
    """Is told for how many seconds to measure, and prints each figure as a line `NAME VALUE`. It ends with a status
    when what it measures doesn't do its job.
    """

    def __init__(self, *arguments, metrics: Sequence[Metric], **named):
        super().__init__(*arguments, **named)
        self._metrics = metrics

    def measure(self, seconds: float) -> Mapping[str, float]:
        whole = max(1, math.ceil(seconds))
        output, _, others = self._run(whole, within=60 + 12 * whole)
        seen = {name: float(value) for name, value in re.findall(r"^([a-z0-9_]+) ([\d.]+)$", output, re.MULTILINE)}
        missing = [metric.name for metric in self._metrics if metric.name not in seen]
        if missing:
            raise Invalid(f"it printed no {', '.join(missing)}:\n{output[-500:]}")
        return {OTHERS: others, **{metric.name: seen[metric.name] for metric in self._metrics}}


def _children_seconds() -> float:
    """CPU time of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
