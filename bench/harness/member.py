# SPDX-License-Identifier: Apache-2.0
"""What a member of the benchmark is made of: cases, each with contestants that are measured in turns."""

from __future__ import annotations

import abc
import dataclasses
from typing import Mapping, Sequence

LOWER = "lower"
HIGHER = "higher"

OTHERS = "others"  # in a sample, not a metric: which share of the server's core went to other processes (0 to 1)


class Invalid(Exception):
    """A contestant that can't be measured, or whose measurement doesn't count; the message says why."""


@dataclasses.dataclass(frozen=True)
class Metric:
    """A figure that every contestant of a case delivers in each round."""

    name: str
    better: str  # LOWER or HIGHER
    heading: str  # of its column in the table
    decimals: int = 1


class Contestant(abc.ABC):
    """One of those compared: ours or a peer. Started once per case, measured once per round."""

    name: str
    version: str
    ours: bool

    @abc.abstractmethod
    def start(self) -> None:
        """Starts it and checks that it does the job correctly. Raises Invalid."""

    @abc.abstractmethod
    def measure(self, seconds: float) -> Mapping[str, float]:
        """One turn: every metric of the case by name. Raises Invalid when the turn doesn't count."""

    @abc.abstractmethod
    def stop(self) -> None:
        """Ends it. Called on every way out, also when it was never started."""


@dataclasses.dataclass(frozen=True)
class Case:
    """A job that all contestants do alike."""

    bench: str
    name: str
    job: str  # one line for the reader of the table
    metrics: Sequence[Metric]
    contestants: Sequence[Contestant]
    support: Sequence[Contestant] = ()  # started before and stopped after the contestants, never measured
    missing: str | None = None  # why ours isn't among the contestants

    def peers_only(self) -> "Case":
        """The same without ours."""
        peers = [contestant for contestant in self.contestants if not contestant.ours]
        return dataclasses.replace(self, contestants=peers, missing="only the peers were asked for")
