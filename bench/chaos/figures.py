# SPDX-License-Identifier: Apache-2.0
"""What came of the requests of one stream, in numbers."""

from __future__ import annotations

import dataclasses
from collections import Counter

from chaos.load import Outcome


SLOW_SECONDS = 0.5


@dataclasses.dataclass(frozen=True)
class Figures:
    """Times in milliseconds, of all requests however they ended, and of those that were answered well alone."""

    requests: int
    per_second: float
    answered_per_second: float  # well, and before the end of what is looked at
    failures: dict[str, int]  # by what was wrong
    slow: int  # that took longer than SLOW_SECONDS
    p50_ms: float
    p99_ms: float
    max_ms: float
    answered_p50_ms: float
    answered_p99_ms: float

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    @property
    def success_percent(self) -> float:
        return 100 * (1 - self.failed / self.requests)

    @property
    def slow_percent(self) -> float:
        return 100 * self.slow / self.requests


def figures(outcomes: list[Outcome], begin: float, end: float) -> Figures:
    """Of the requests that were due from `begin` to `end`, in seconds of the load. There must be one."""
    outcomes = [outcome for outcome in outcomes if begin <= outcome.due < end]
    latencies = sorted(outcome.latency for outcome in outcomes)
    answered = sorted(outcome.latency for outcome in outcomes if not outcome.failure)
    in_time = sum(not outcome.failure and outcome.due + outcome.latency < end for outcome in outcomes)
    return Figures(
        len(outcomes), len(outcomes) / (end - begin), in_time / (end - begin),
        dict(Counter(outcome.failure for outcome in outcomes if outcome.failure)),
        sum(latency > SLOW_SECONDS for latency in latencies),
        *(quantile(latencies, share) * 1000 for share in (0.5, 0.99, 1)),
        *(quantile(answered, share) * 1000 for share in (0.5, 0.99)))


def quantile(ordered: list[float], share: float) -> float:
    """By the nearest rank; 0 of nothing."""
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)] if ordered else 0.0
