# SPDX-License-Identifier: Apache-2.0
"""What the Docker build gets: .dockerignore must leave in the folder of every target, or the manifest isn't valid there."""

from __future__ import annotations

import fnmatch
import pathlib
import re
from typing import Iterator

from finding import Finding
from source import Source

_PATH = re.compile(r'\bpath:\s*"([^"\\]+)')


def is_left_out(path: str, rules: list[str]) -> bool:
    """Whether a path is outside the context. Of the rules for it or a folder above it the last counts."""
    parts = path.strip("/").split("/")
    folders = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    out = False
    for rule in rules:
        pattern = rule.lstrip("!").strip("/")
        if any(fnmatch.fnmatchcase(folder, pattern) for folder in folders):
            out = not rule.startswith("!")
    return out


def targets(source: Source) -> Iterator[Finding]:
    if source.path != "Package.swift":
        return
    lines = pathlib.Path(".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    for number, line in enumerate(source.lines, 1):
        for path in _PATH.findall(line):
            if is_left_out(path, rules):
                yield Finding(
                    source.path, number, "build-context", f"'{path}' isn't in the Docker build's context",
                    "let it in by .dockerignore")
