# SPDX-License-Identifier: Apache-2.0
"""What goes wrong, and without which policies it is tried as well."""

from __future__ import annotations

import dataclasses
import signal
from typing import Callable

from chaos.load import Load
from chaos.shop import INSTANCES, Shop
from chaos.variants import EVERYTHING, NOTHING

PER_SECOND = {"products": 120, "users": 40, "orders": 8}  # requests, whatever happens
SLOW_SECONDS = 1.0
OVERLOAD = 5  # times what the instances can do
WEAK_SECONDS = 0.05  # that a request takes in an overload, one at a time in each instance
CAPACITY = INSTANCES["products"] / WEAK_SECONDS  # requests a second


@dataclasses.dataclass(frozen=True)
class Timing:
    """When the trouble begins and ends, and when the load does, in seconds of the load."""

    begin: float
    end: float
    seconds: float


LONG = Timing(2, 8, 12)
SHORT = Timing(1, 5, 7)


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    happens: str  # for the reader of the table
    variants: tuple[str, ...]
    act: Callable[[Shop, Load, Timing], None]
    proxied: tuple[str, ...] = ("products-3",)
    per_second: float = 0  # reads of products beside the usual ones, as long as it lasts


def _nothing(shop: Shop, load: Load, timing: Timing) -> None:
    """The load is all there is."""


def _kill(shop: Shop, load: Load, timing: Timing) -> None:
    instance = shop.instance("products-1")
    load.wait_until(timing.begin)
    instance.kill()
    load.wait_until(timing.end)
    instance.stop()
    instance.start()


def _pause(shop: Shop, load: Load, timing: Timing) -> None:
    process = shop.instance("products-1").process
    load.wait_until(timing.begin)
    process.signal(signal.SIGSTOP)
    try:
        load.wait_until(timing.end)
    finally:
        process.signal(signal.SIGCONT)


def _proxied(mode: str) -> Callable[[Shop, Load, Timing], None]:
    def act(shop: Shop, load: Load, timing: Timing) -> None:
        load.wait_until(timing.begin)
        shop.trouble(mode)
        load.wait_until(timing.end)
        shop.trouble("pass")
    return act


ALL = {scenario.name: scenario for scenario in (
    Scenario("calm", "nothing", (EVERYTHING, NOTHING), _nothing),
    Scenario(
        "kill", "`kill -9`; the instance is started again at the end",
        (EVERYTHING, "without retry", "without outliers, breaker", "without health check", NOTHING), _kill),
    Scenario(
        "pause", "`SIGSTOP`, and `SIGCONT` at the end",
        (EVERYTHING, "without attempt timeout", "without retry", "without least requests",
         "without outliers, breaker, health check", NOTHING), _pause),
    Scenario(
        "slow", f"the instance takes {SLOW_SECONDS:.0f} s longer for each request; its health checks pass",
        (EVERYTHING, "without least requests", "without adaptive limits", NOTHING), _proxied(f"slow {SLOW_SECONDS}")),
    Scenario(
        "reset", "the instance resets the connection of each request, health checks too",
        (EVERYTHING, "without retry", "without retry, breaker", "without retry, outliers",
         "without outliers, breaker, health check", NOTHING), _proxied("reset")),
    Scenario(
        "errors", "the instance answers each request with 503; its health checks pass",
        (EVERYTHING, "without retry", "without retry, breaker", "without retry, outliers", "without outliers, breaker",
         NOTHING), _proxied("error")),
    Scenario(
        "overload",
        f"every instance of products can do {1 / WEAK_SECONDS:.0f} requests a second, {OVERLOAD} times as many come",
        (EVERYTHING, "without adaptive limits", NOTHING), _proxied(f"weak {WEAK_SECONDS}"),
        ("products-1", "products-2", "products-3"), OVERLOAD * CAPACITY - PER_SECOND["products"]),
)}
QUICK = ("kill", "pause", "reset")
