# SPDX-License-Identifier: Apache-2.0
"""One process of the shop: a service's instance, the registry or the gateway."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Mapping, Sequence

from harness.member import Invalid
from harness.process import Process

START_SECONDS = 120


class Instance:
    """Started by `start`, which may be called again when it has ended."""

    def __init__(self, command: Sequence[str], folder: Path, name: str, environment: Mapping[str, str]):
        self.name = name
        self._command, self._folder, self._environment = command, folder, environment
        self._process: Process | None = None
        self._starts = 0

    def start(self) -> None:
        """Returns at once. It ends with its standard input, also if the harness is killed. Raises Invalid."""
        self._starts += 1
        try:
            self._process = Process(
                self._command, os.sched_getaffinity(0), self._folder, f"{self.name}-{self._starts}", self._environment,
                listens=True)
        except OSError as error:
            raise Invalid(f"{self.name} can't be started: {error}") from error

    def await_word(self, word: str) -> str:
        """What follows, on the first line of its output that begins so. Raises Invalid."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            ended = self.process.ended
            for line in self.process.log.read_text(errors="replace").splitlines():
                if line.split(" ")[0] == word:
                    return line.removeprefix(word).strip()
            if ended or time.monotonic() > deadline:
                raise Invalid(f"{self.name} {'ended' if ended else 'is silent'}\n{self.process.tail()}")
            time.sleep(0.02)

    @property
    def process(self) -> Process:
        if self._process is None:
            raise Invalid(f"{self.name} wasn't started")
        return self._process

    def kill(self) -> None:
        """Ends it as `kill -9` does; nothing if it has ended."""
        if self._process is not None and not self._process.ended:
            self._process.signal(signal.SIGKILL)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None
