# SPDX-License-Identifier: Apache-2.0
"""What goes wrong, and without which policies it is tried as well."""

from __future__ import annotations

import dataclasses
import signal
from typing import Callable

from chaos.load import Load
from chaos.shop import Shop
from chaos.variants import EVERYTHING, NOTHING

BEGIN, END = 2.0, 8.0  # of the trouble, in seconds of the load
SECONDS = 12.0
SLOW_SECONDS = 1.0


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    happens: str  # one line for the reader of the table
    variants: tuple[str, ...]
    act: Callable[[Shop, Load], None]


def _calm(shop: Shop, load: Load) -> None:
    """Nothing happens."""


def _kill(shop: Shop, load: Load) -> None:
    instance = shop.instance("products-1")
    load.wait_until(BEGIN)
    instance.process.signal(signal.SIGKILL)
    load.wait_until(END)
    instance.stop()
    instance.start()


def _pause(shop: Shop, load: Load) -> None:
    process = shop.instance("products-1").process
    load.wait_until(BEGIN)
    process.signal(signal.SIGSTOP)
    try:
        load.wait_until(END)
    finally:
        process.signal(signal.SIGCONT)


def _proxied(mode: str) -> Callable[[Shop, Load], None]:
    def act(shop: Shop, load: Load) -> None:
        load.wait_until(BEGIN)
        shop.trouble(mode)
        load.wait_until(END)
        shop.trouble("pass")
    return act


ALL = (
    Scenario("calm", "nothing", (EVERYTHING, NOTHING), _calm),
    Scenario(
        "kill", "an instance is ended with kill -9, and started again 6 s later",
        (EVERYTHING, "without retry", "without outliers, breaker", "without health check", NOTHING), _kill),
    Scenario(
        "pause", "an instance is stopped with SIGSTOP for 6 s",
        (EVERYTHING, "without attempt timeout", "without retry", "without outliers, breaker", "without health check",
         "without least requests", NOTHING), _pause),
    Scenario(
        "slow", f"an instance takes {SLOW_SECONDS:.0f} s longer for each request, for 6 s; health checks see nothing",
        (EVERYTHING, "without attempt timeout", "without retry", "without outliers, breaker", "without least requests",
         NOTHING), _proxied(f"slow {SLOW_SECONDS}")),
    Scenario(
        "reset", "an instance resets the connection of each request for 6 s",
        (EVERYTHING, "without retry", "without outliers", "without breaker", "without outliers, breaker",
         "without health check", NOTHING), _proxied("reset")),
    Scenario(
        "errors", "an instance answers each request with 503 for 6 s; health checks see nothing",
        (EVERYTHING, "without retry", "without outliers", "without breaker", "without outliers, breaker", NOTHING),
        _proxied("error")),
)
