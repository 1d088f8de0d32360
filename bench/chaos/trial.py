# SPDX-License-Identifier: Apache-2.0
"""One scenario with one variant of the gateway file, on a shop of its own."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

from chaos.books import Books
from chaos.load import Load, Outcome, get, post
from chaos.scenarios import BEGIN, SECONDS, Scenario
from chaos.shop import Shop
from chaos.variants import gateway_file
from harness.member import Invalid
from harness.workspace import Workspace

READS = "reads"
ORDERS = "orders"
PER_SECOND = {"products": 120, "users": 40, "orders": 8}
KEPT = 20  # products, and users, that are asked for
STOCK = 1_000_000
SEED = 20_261_126  # the same moments for every variant
LAG_SECONDS = 0.1  # of the hundredth that was sent latest; above it nothing is judged


@dataclasses.dataclass(frozen=True)
class Figures:
    """Of the requests that were due from the beginning of the trouble on. Times in milliseconds."""

    requests: int
    per_second: float
    failures: dict[str, int]  # by what was wrong
    p50_ms: float
    p99_ms: float
    max_ms: float

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    @property
    def success_percent(self) -> float:
        return 100 * (1 - self.failed / self.requests)


@dataclasses.dataclass(frozen=True)
class Trial:
    scenario: str
    variant: str
    figures: dict[str, Figures]  # by READS and ORDERS
    wrong: list[str]  # with what is stored, and before the trouble
    lag_p99_ms: float

    @property
    def is_judged(self) -> bool:
        """Whether the generator sent what it should when it should."""
        return self.lag_p99_ms <= LAG_SECONDS * 1000


def run(workspace: Workspace, programs: Path, scenario: Scenario, variant: str, name: str) -> Trial:
    """Raises Invalid."""
    with Shop(workspace, programs, gateway_file(variant), name) as shop:
        users = [shop.create("/v1/users", {"name": "Ada", "email": f"ada{n}@example.test"}) for n in range(KEPT)]
        products = [
            shop.create("/v1/products", {"name": f"Box {n}", "priceCents": 100, "currency": "EUR", "stock": STOCK})
            for n in range(KEPT)]
        order = {"userId": users[0]["id"], "items": [{"productId": products[0]["id"], "quantity": 2}]}
        streams = [
            get("products", PER_SECOND["products"], {f"/v1/products/{p['id']}": f'"name":"{p["name"]}"' for p in products}),
            get("users", PER_SECOND["users"], {f"/v1/users/{u['id']}": f'"email":"{u["email"]}"' for u in users}),
            post("orders", PER_SECOND["orders"], "/v1/orders", order, '"status":'),
        ]
        load = Load(workspace.subfolder(name), shop.port, SECONDS, streams, SEED)
        try:
            scenario.act(shop, load)
            outcomes = load.outcomes()
        finally:
            load.stop()
        wrong = Books(shop, order, products[0]["id"], STOCK).check(outcomes)
    early = [outcome.failure for outcome in outcomes if outcome.due < BEGIN - 0.5 and outcome.failure]
    if early:
        wrong.append(f"before anything happened {len(early)} requests failed: {early[0]}")
    seen = [outcome for outcome in outcomes if outcome.due >= BEGIN]
    lags = sorted(outcome.lag for outcome in seen)
    return Trial(
        scenario.name, variant,
        {READS: _figures([outcome for outcome in seen if not outcome.key]),
         ORDERS: _figures([outcome for outcome in seen if outcome.key])},
        wrong, _quantile(lags, 0.99) * 1000)


def _figures(outcomes: list[Outcome]) -> Figures:
    latencies = sorted(outcome.latency for outcome in outcomes)
    return Figures(
        len(outcomes), len(outcomes) / (SECONDS - BEGIN),
        dict(Counter(outcome.failure for outcome in outcomes if outcome.failure)),
        *(_quantile(latencies, share) * 1000 for share in (0.5, 0.99, 1)))


def _quantile(ordered: list[float], share: float) -> float:
    """By the nearest rank."""
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]
