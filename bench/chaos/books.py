# SPDX-License-Identifier: Apache-2.0
"""Whether what the shop has stored is what it has acknowledged."""

from __future__ import annotations

import http.client
import time
from typing import Iterator

from chaos.load import Outcome
from chaos.shop import Shop

# For messages that are under way and reservations that expire. Counted, as the machine may stand still for any time.
LOOKS = 150
PAUSE_SECONDS = 0.2


class Books:
    """The orders for one product by one user."""

    def __init__(self, shop: Shop, order: dict, product: int, stock: int):
        self._shop, self._order, self._product, self._stock = shop, order, product, stock

    def check(self, outcomes: list[Outcome]) -> list[str]:
        """Asks again for what got no answer, then compares. Returns what is wrong."""
        wrong: list[str] = []
        ids: dict[str, int] = {}
        for outcome in outcomes:
            if not outcome.key:
                continue
            found = outcome.id if outcome.id is not None else self._place(outcome.key)
            if found is None:
                wrong.append(f"order {outcome.key} can't be placed")
            else:
                ids[outcome.key] = found
        if len(set(ids.values())) < len(ids):
            wrong.append("two keys were answered with the same order")
        expected = sorted(set(ids.values()))
        differences: list[str] = []
        for _ in _looks():
            differences = self._differences(expected, self._all())
            if not differences:
                break
        return wrong + differences

    def _differences(self, expected: list[int], stored: list[dict]) -> list[str]:
        found = []
        ids = sorted(order["id"] for order in stored)
        lost, doubled = set(expected) - set(ids), set(ids) - set(expected)
        if lost:
            found.append(f"{len(lost)} acknowledged orders are lost")
        if doubled or len(ids) > len(set(ids)):
            found.append(f"{len(doubled)} orders are stored that no key was answered with")
        unconfirmed = sum(order["status"] != "confirmed" for order in stored)
        if unconfirmed:
            found.append(f"{unconfirmed} orders aren't confirmed")
        sold = sum(item["quantity"] for order in stored for item in order["items"])
        left = self._get(f"/v1/products/{self._product}").get("stock")
        if left != self._stock - sold:
            found.append(f"{left} are in stock instead of {self._stock - sold}")
        return found

    def _place(self, key: str) -> int | None:
        for _ in _looks():
            try:
                status, answer = self._shop.call("POST", "/v1/orders", self._order, {"Idempotency-Key": key})
                if status in (200, 201):
                    return answer["id"]
            except (OSError, http.client.HTTPException):
                pass  # as any failure: once more
        return None

    def _all(self) -> list[dict]:
        orders, cursor = [], ""
        while True:
            page = self._get(f"/v1/orders?limit=200{cursor}")
            orders += page.get("items", [])
            if not page.get("nextCursor"):
                return orders
            cursor = f"&cursor={page['nextCursor']}"

    def _get(self, path: str) -> dict:
        try:
            status, answer = self._shop.call("GET", path)
            return answer if status == 200 else {}
        except (OSError, http.client.HTTPException):
            return {}


def _looks() -> Iterator[int]:
    for look in range(LOOKS):
        if look > 0:
            time.sleep(PAUSE_SECONDS)
        yield look
