# SPDX-License-Identifier: Apache-2.0
"""Before anything is measured: does it answer correctly?"""

from __future__ import annotations

import http.client
import json
import time
from typing import Callable

from harness.member import Invalid
from harness.workspace import LOOPBACK


def answers(port: int, path: str, expected: object, ended: Callable[[], bool], within: float = 15.0) -> int:
    """Waits until `GET path` is answered, then asks for 200, JSON equal to `expected` (or that it accepts, if
    it is a function), and a connection kept alive.

    Returns the length of the body in bytes. Raises Invalid.
    """
    deadline = time.monotonic() + within
    while True:
        if ended():
            raise Invalid("it ended instead of listening")
        try:
            return _check(port, path, expected)
        except (OSError, http.client.HTTPException, _NotYet) as error:
            if time.monotonic() > deadline:
                raise Invalid(f"no correct answer within {within:.0f} s: {error}") from error
            time.sleep(0.05)


class _NotYet(Exception):
    """5xx: what a proxy says until it has found its upstream."""


def _check(port: int, path: str, expected: object) -> int:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        length = 0
        for turn in ("first", "second"):
            connection.request("GET", path, headers={"Host": "bench.test"})
            if turn == "first":
                socket = connection.sock
            elif connection.sock is not socket:
                raise Invalid("the connection wasn't kept alive")
            response = connection.getresponse()
            body = response.read()
            if response.status >= 500:
                raise _NotYet(f"status {response.status}: {body[:200]!r}")
            if response.status != 200:
                raise Invalid(f"status {response.status} instead of 200: {body[:200]!r}")
            if "json" not in (response.getheader("Content-Type") or ""):
                raise Invalid(f"Content-Type {response.getheader('Content-Type')!r} isn't JSON")
            try:
                value = json.loads(body)
            except ValueError as error:
                raise Invalid(f"the body isn't JSON: {body[:200]!r}") from error
            if not (expected(value) if callable(expected) else value == expected):
                raise Invalid(f"wrong body: {body[:200]!r}")
            length = len(body)
        return length
    finally:
        connection.close()
