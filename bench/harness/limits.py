# SPDX-License-Identifier: Apache-2.0
"""The committed thresholds: bench/limits.json, as {bench: {case: {metric: {peer: ratio}}}}.

Where there is no peer, the key is "ours" and the threshold is one for the figure itself.
"""

from __future__ import annotations

import json

from harness.member import LOWER, Metric
from harness.workspace import BENCH

OURS = "ours"


class Limits:
    def __init__(self) -> None:
        self._limits = json.loads((BENCH / "limits.json").read_text())

    def limit(self, bench: str, case: str, metric: Metric, peer: str) -> float | None:
        return self._limits.get(bench, {}).get(case, {}).get(metric.name, {}).get(peer)


def holds(value: float, limit: float | None, metric: Metric) -> bool:
    """Whether a ratio (or a figure without a peer) keeps its limit; without one it always does."""
    if limit is None:
        return True
    return value <= limit if metric.better == LOWER else value >= limit
