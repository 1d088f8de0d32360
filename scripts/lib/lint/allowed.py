# SPDX-License-Identifier: Apache-2.0
"""scripts/lint-allow.txt: exceptions, each with its reason."""

from __future__ import annotations

from typing import Iterable

from finding import Finding
from source import ROOT

PATH = "scripts/lint-allow.txt"


def without_allowed(findings: Iterable[Finding]) -> list[Finding]:
    """Drops what is allowed; reports lines of the list that have no reason or allow nothing."""
    exceptions: dict[tuple[str, str], int] = {}
    left: list[Finding] = []
    for number, line in enumerate((ROOT / PATH).read_text().splitlines(), 1):
        words = line.split(maxsplit=2)
        if not words or line.startswith("#"):
            continue
        if len(words) < 3:
            left.append(Finding(PATH, number, "allow-list", "no reason", "write RULE PATH REASON"))
            continue
        exceptions[(words[0], words[1])] = number
    used = set()
    for finding in findings:
        key = (finding.rule, finding.path)
        if key in exceptions:
            used.add(key)
        else:
            left.append(finding)
    for key, number in exceptions.items():
        if key not in used:
            left.append(Finding(PATH, number, "allow-list", f"'{key[0]}' doesn't occur in {key[1]}", "remove the line"))
    return left
