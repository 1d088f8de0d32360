# SPDX-License-Identifier: Apache-2.0
"""What the shop is asked while it is in trouble: made into a plan for the generator, whose outcomes are read back."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from harness.member import Invalid
from harness.process import Process
from harness.workspace import BENCH

TIMEOUT_SECONDS = 10  # how long a client waits
LEAD_SECONDS = 1.0  # the generator has read its plan by then
PATIENCE_SECONDS = 600  # a machine may stand still: then the trial doesn't count, but isn't wrong


@dataclasses.dataclass(frozen=True)
class Stream:
    """Requests of one kind, on average so many a second, at moments given by chance."""

    name: str
    per_second: float
    requests: tuple[tuple[str, str], ...]  # a request as text, and what its answer must have in it; in turn
    keyed: bool = False  # whether each has an Idempotency-Key of its own, in place of @key@
    since: float = 0  # in seconds of the load
    until: float = math.inf


def get(name: str, per_second: float, answers: dict[str, str]) -> Stream:
    """`answers`: by path."""
    head = "GET {} HTTP/1.1\r\nHost: chaos.test\r\n\r\n"
    return Stream(name, per_second, tuple((head.format(path), expected) for path, expected in answers.items()))


def post(name: str, per_second: float, path: str, body: object, expected: str) -> Stream:
    sent = json.dumps(body)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: chaos.test\r\nContent-Type: application/json\r\nIdempotency-Key: @key@\r\n"
        f"Content-Length: {len(sent)}\r\n\r\n")
    return Stream(name, per_second, ((head + sent, expected),), keyed=True)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of one request. Times in seconds; `due` counts from the beginning of the load."""

    stream: str
    due: float
    lag: float  # by how much it was sent too late, which is in its latency
    latency: float
    status: int
    failure: str  # empty if it was answered as it should be
    key: str = ""
    id: int | None = None  # of the order that an answer named


class Load:
    """Begins when it is made."""

    def __init__(self, folder: Path, port: int, seconds: float, streams: list[Stream], seed: int):
        self._outcomes = folder / "outcomes.json"
        arrivals = _arrivals(streams, seconds, random.Random(seed))
        self.began = time.monotonic() + LEAD_SECONDS
        self._seconds = seconds
        plan = folder / "plan.json"
        plan.write_text(json.dumps({
            "port": port, "timeout": TIMEOUT_SECONDS, "begin": self.began, "arrivals": arrivals,
            "outcomes": str(self._outcomes)}))
        self._process = Process(
            [sys.executable, "-B", "-m", "chaos.generator", str(plan)], os.sched_getaffinity(0), folder, "generator",
            {"PYTHONPATH": str(BENCH)})

    def wait_until(self, offset: float) -> None:
        """Until so many seconds after the beginning."""
        time.sleep(max(0.0, self.began + offset - time.monotonic()))

    def outcomes(self) -> list[Outcome]:
        """When the last is answered. Raises Invalid."""
        try:
            self._process.wait(LEAD_SECONDS + self._seconds + TIMEOUT_SECONDS + PATIENCE_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise Invalid("the generator doesn't end") from error
        if self._process.status != 0:
            raise Invalid(f"the generator failed\n{self._process.tail()}")
        return [Outcome(**outcome) for outcome in json.loads(self._outcomes.read_text())]

    def stop(self) -> None:
        self._process.stop()


def _arrivals(streams: list[Stream], seconds: float, chance: random.Random) -> list[dict]:
    found = []
    for stream in streams:
        due, number = stream.since + chance.expovariate(stream.per_second), 0
        while due < min(seconds, stream.until):
            found.append(_arrival(stream, number, due))
            due, number = due + chance.expovariate(stream.per_second), number + 1
    return sorted(found, key=lambda arrival: arrival["due"])


def _arrival(stream: Stream, number: int, due: float) -> dict:
    request, expected = stream.requests[number % len(stream.requests)]
    key = f"{stream.name}-{number}"
    return {
        "due": due, "stream": stream.name, "request": request.replace("@key@", key), "expected": expected,
        **({"key": key} if stream.keyed else {})}
