# SPDX-License-Identifier: Apache-2.0
"""Imports only go down (floors.txt), and no service of the shop imports another."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator

from finding import Finding
from source import Source

BESIDE = "-"
TOP = 5
_IMPORT = re.compile(r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|private|fileprivate)\s+)?"
                     r"import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)")


def _read() -> dict[str, str]:
    floors = {}
    for line in Path(__file__).with_name("floors.txt").read_text().splitlines():
        words = line.split("#")[0].split()
        floors.update({module: words[0] for module in words[1:]})
    return floors


FLOORS = _read()


def module(source: Source) -> tuple[str, str] | None:
    """The folder (Sources or Shop) and module that a Swift file belongs to."""
    parts = source.path.split("/")
    if not source.is_swift or len(parts) < 3 or parts[0] not in ("Sources", "Shop"):
        return None
    return parts[0], parts[1]


def below_the_top(source: Source) -> bool:
    """Whether it belongs to a library room: there, time and chance are parameters."""
    home = module(source)
    return home is not None and home[0] == "Sources" and FLOORS.get(home[1]) != str(TOP)


def policies(source: Source) -> bool:
    """Whether it belongs to floor 1, which reads no clock at all."""
    home = module(source)
    return home is not None and FLOORS.get(home[1]) == "1"


def imports(source: Source) -> Iterator[Finding]:
    home = module(source)
    if home is None:
        return
    folder, name = home
    if folder == "Sources" and name not in FLOORS:
        yield Finding(source.path, 1, "floors", f"module {name} stands on no floor",
                      "add it to scripts/lib/lint/floors.txt and docs/architecture.md")
        return
    for number, line in enumerate(source.code, 1):
        found = _IMPORT.match(line)
        if found and (problem := _problem(folder, name, found.group(1))):
            yield Finding(source.path, number, "floors", problem, "turn the dependency round, or move what both need down")


def _problem(folder: str, name: str, imported: str) -> str | None:
    if folder == "Shop":
        return _shop_problem(name, imported)
    if imported not in FLOORS:
        return None
    own, other = FLOORS[name], FLOORS[imported]
    if other == BESIDE:
        return f"{imported} is for tests"
    if int(other) > (3 if own == BESIDE else int(own)):
        return f"{name} (floor {own}) imports {imported} (floor {other})"
    if int(other) == TOP:
        return f"{imported} is an executable"
    return None


def _shop_problem(name: str, imported: str) -> str | None:
    if name.endswith("Contract"):
        if imported.startswith("Apus") and imported not in ("ApusContract", "ApusCore"):
            return f"the contract {name} imports {imported}: its callers would need it too"
        if imported in ("Users", "Products", "Orders"):
            return f"the contract {name} imports the service {imported}"
    elif name in ("Users", "Products", "Orders") and imported in ("Users", "Products", "Orders"):
        return f"service {name} imports service {imported} instead of its contract"
    return None
