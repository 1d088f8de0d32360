# SPDX-License-Identifier: Apache-2.0
"""One scenario with one variant of the gateway file, on a shop of its own."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from chaos.books import Books
from chaos.figures import Figures, figures, quantile
from chaos.load import Load, Stream, capacity, get, post
from chaos.scenarios import Scenario, Timing
from chaos.shop import Shop
from chaos.variants import gateway_file
from harness.workspace import Workspace

PER_SECOND = {"products": 120, "users": 40, "orders": 8}
USERS = 20
PRODUCTS = 200
STOCK = 1_000_000
SEED = 20_261_126  # the same moments for every variant
LAG_MS = 100  # of the hundredth of the requests that was sent latest; above it nothing is judged


@dataclasses.dataclass(frozen=True)
class Trial:
    scenario: str
    variant: str
    streams: dict[str, Figures]
    wrong: list[str]  # with what is stored, or before the trouble
    lag_p99_ms: float
    capacity_per_second: float | None  # lists that can be answered, if that is asked for

    @property
    def counts(self) -> bool:
        """Whether the generator sent what it should when it should."""
        return self.lag_p99_ms <= LAG_MS


def run(
    workspace: Workspace, programs: Path, scenario: Scenario, variant: str, timing: Timing, name: str
) -> Trial:
    """`name`: of a folder that isn't there yet. Raises Invalid."""
    folder = workspace.subfolder(name)
    with Shop(workspace, programs, gateway_file(variant), name) as shop:
        users = [shop.create("/v1/users", {"name": "Ada", "email": f"ada{n}@example.test"}) for n in range(USERS)]
        products = [
            shop.create("/v1/products", {"name": f"Box {n}", "priceCents": 100, "currency": "EUR", "stock": STOCK})
            for n in range(PRODUCTS)]
        order = {"userId": users[0]["id"], "items": [{"productId": products[0]["id"], "quantity": 2}]}
        streams = _streams(users, products, order)
        can_do = None
        if scenario.overload:
            lists = get("lists", 0, {f"/v1/products?limit={PRODUCTS}": f'"name":"{products[-1]["name"]}"'})
            can_do = capacity(folder, shop.port, lists)
            streams.append(dataclasses.replace(
                lists, per_second=can_do * scenario.overload, since=timing.begin, until=timing.end))
        load = Load(folder, shop.port, timing.seconds, streams, SEED)
        try:
            scenario.act(shop, load, timing)
            outcomes = load.outcomes()
        finally:
            load.stop()
        wrong = Books(shop, order, products[0]["id"], STOCK).check(outcomes)
    early = [outcome.failure for outcome in outcomes if outcome.due < timing.begin - 0.5 and outcome.failure]
    if early:
        wrong.append(f"before anything happened {len(early)} requests failed: {early[0]}")
    # In an overload what counts is what happens in it, elsewhere also how it ends.
    until = timing.end if scenario.overload else timing.seconds
    seen = [outcome for outcome in outcomes if timing.begin <= outcome.due < until]
    return Trial(
        scenario.name, variant,
        {stream.name: figures([outcome for outcome in seen if outcome.stream == stream.name], until - timing.begin)
         for stream in streams},
        wrong, quantile(sorted(outcome.lag for outcome in seen), 0.99) * 1000, can_do)


def _streams(users: list[dict], products: list[dict], order: dict) -> list[Stream]:
    return [
        get("products", PER_SECOND["products"], {f"/v1/products/{p['id']}": f'"name":"{p["name"]}"' for p in products}),
        get("users", PER_SECOND["users"], {f"/v1/users/{u['id']}": f'"email":"{u["email"]}"' for u in users}),
        post("orders", PER_SECOND["orders"], "/v1/orders", order, '"status":'),
    ]
