# SPDX-License-Identifier: Apache-2.0
"""The trials against the limits in bench/limits.json, {"chaos": {scenario: {metric: {variant: limit}}}}.

Limits for `everything` say what the shop withstands. Those of metrics that begin with `shows_` say what a policy is
worth: they hold if it is at least so bad without it. The short form has limits of its own, "chaos-quick".
"""

from __future__ import annotations

import dataclasses
from typing import Callable

from chaos.scenarios import CAPACITY
from chaos.trial import Trial
from harness.limits import Limits, holds
from harness.member import HIGHER, LOWER, Metric

def _of(stream: str, property_name: str) -> Callable[[Trial], float]:
    return lambda trial: getattr(trial.streams[stream], property_name)


def goodput(trial: Trial) -> float:
    """What the instances of products did for someone who got it, in percent of what they can do.

    For an order they are asked twice: to reserve what is ordered, and to let it go.
    """
    done = trial.streams["products"].answered_per_second + 2 * trial.streams["orders"].answered_per_second
    return 100 * done / CAPACITY


# What a limit may be set for.
METRICS: dict[str, tuple[str, Callable[[Trial], float]]] = {
    "reads_success_percent": (HIGHER, _of("products", "success_percent")),
    "reads_p99_ms": (LOWER, _of("products", "p99_ms")),
    "reads_slow_percent": (LOWER, _of("products", "slow_percent")),
    "reads_max_ms": (LOWER, _of("products", "max_ms")),
    "users_success_percent": (HIGHER, _of("users", "success_percent")),
    "orders_success_percent": (HIGHER, _of("orders", "success_percent")),
    "orders_max_ms": (LOWER, _of("orders", "max_ms")),
    "goodput_percent": (HIGHER, goodput),
    "answered_p99_ms": (LOWER, _of("products", "answered_p99_ms")),
    "shows_reads_failed": (HIGHER, _of("products", "failed")),
    "shows_reads_slow_percent": (HIGHER, _of("products", "slow_percent")),
    "shows_reads_max_ms": (HIGHER, _of("products", "max_ms")),
    "shows_answered_p99_ms": (HIGHER, _of("products", "answered_p99_ms")),
    "shows_goodput_lost_percent": (HIGHER, lambda trial: 100 - goodput(trial)),
}


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One figure that has a limit."""

    scenario: str
    variant: str
    metric: str
    better: str
    value: float
    limit: float
    ok: bool


def judge(trial: Trial, limits: Limits, bench: str) -> list[Verdict]:
    """One verdict for each limit of the scenario and the variant."""
    found = []
    for name, (better, value_of) in METRICS.items():
        metric = Metric(name, better, name)
        limit = limits.limit(bench, trial.scenario, metric, trial.variant)
        if limit is not None:
            value = value_of(trial)
            ok = holds(value, limit, metric)
            found.append(Verdict(trial.scenario, trial.variant, name, better, value, limit, ok))
    return found
