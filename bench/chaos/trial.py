# SPDX-License-Identifier: Apache-2.0
"""One scenario with one variant of the gateway file, on a shop of its own."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from chaos.books import Books
from chaos.figures import Figures, figures, quantile
from chaos.load import Load, Stream, get, post
from chaos.scenarios import PER_SECOND, Scenario, Timing
from chaos.shop import Shop
from chaos.variants import gateway_file
from harness.workspace import Workspace

USERS = 20
PRODUCTS = 20
STOCK = 1_000_000
SEED = 20_261_126  # the same moments for every variant
LAG_MS = 100  # of the hundredth of the requests that was sent latest; above it nothing is judged


@dataclasses.dataclass(frozen=True)
class Trial:
    scenario: str
    variant: str
    streams: dict[str, Figures]
    wrong: list[str]  # with what is stored
    early: int  # requests that failed before there was any trouble
    lag_p99_ms: float

    @property
    def counts(self) -> bool:
        """Whether the generator sent what it should when it should."""
        return self.lag_p99_ms <= LAG_MS


def run(
    workspace: Workspace, programs: Path, scenario: Scenario, variant: str, timing: Timing, name: str
) -> Trial:
    """`name`: of a folder that isn't there yet. Raises Invalid."""
    folder = workspace.subfolder(name)
    with Shop(workspace, programs, gateway_file(variant), scenario.proxied, name) as shop:
        users = [shop.create("/v1/users", {"name": "Ada", "email": f"ada{n}@example.test"}) for n in range(USERS)]
        products = [
            shop.create("/v1/products", {"name": f"Box {n}", "priceCents": 100, "currency": "EUR", "stock": STOCK})
            for n in range(PRODUCTS)]
        order = {"userId": users[0]["id"], "items": [{"productId": products[0]["id"], "quantity": 2}]}
        streams = _streams(users, products, order, scenario, timing)
        load = Load(folder, shop.port, timing.seconds, streams, SEED)
        try:
            scenario.act(shop, load, timing)
            outcomes = load.outcomes()
        finally:
            load.stop()
        wrong = Books(shop, order, products[0]["id"], STOCK).check(outcomes)
    early = sum(bool(outcome.failure) for outcome in outcomes if outcome.due < timing.begin - 0.5)
    # In an overload what counts is what happens in it, elsewhere also how it ends.
    end = timing.end if scenario.per_second else timing.seconds
    return Trial(
        scenario.name, variant,
        {name: figures([outcome for outcome in outcomes if outcome.stream == name], timing.begin, end)
         for name in PER_SECOND},
        wrong, early, quantile(sorted(outcome.lag for outcome in outcomes), 0.99) * 1000)


def _streams(
    users: list[dict], products: list[dict], order: dict, scenario: Scenario, timing: Timing
) -> list[Stream]:
    reads = {f"/v1/products/{product['id']}": f'"name":"{product["name"]}"' for product in products}
    found = [
        get("products", PER_SECOND["products"], reads),
        get("users", PER_SECOND["users"], {f"/v1/users/{user['id']}": f'"email":"{user["email"]}"' for user in users}),
        post("orders", PER_SECOND["orders"], "/v1/orders", order, '"status":'),
    ]
    if scenario.per_second:
        more = get("products", scenario.per_second, reads)
        found.append(dataclasses.replace(more, since=timing.begin, until=timing.end))
    return found
