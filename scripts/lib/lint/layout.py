# SPDX-License-Identifier: Apache-2.0
"""Rules about files as a whole: how long they are and what their first line says."""

from __future__ import annotations

from typing import Iterator

from finding import Finding
from source import Source

WARN_LINES = 400
MOST_LINES = 600
LICENCE = "SPDX-License-Identifier: Apache-2.0"
CODE = (".swift", ".py", ".sh", ".go", ".lua", ".c", ".h", ".js", ".css")
SETTINGS = (".yaml", ".yml", ".conf", ".cfg")


def file_size(source: Source) -> Iterator[Finding]:
    count = len(source.lines)
    if not (source.path.endswith(CODE) or source.is_script) or count <= WARN_LINES:
        return
    yield Finding(
        source.path, count, "file-size", f"{count} lines", f"split it by what it does (at most {MOST_LINES})",
        warning=count <= MOST_LINES)


def licence(source: Source) -> Iterator[Finding]:
    settings = source.path.endswith(SETTINGS) and not source.path.startswith("Tests/")  # those are inputs of tests
    if not (source.path.endswith(CODE) or source.is_script or settings) or not source.text:
        return
    first = source.lines[0]
    at = 1 if first.startswith(("#!", "// swift-tools-version")) else 0
    if len(source.lines) <= at or source.lines[at].lstrip("/#- ") != LICENCE:
        mark = "//" if source.path.endswith((".swift", ".go", ".c", ".h", ".js")) else "#"
        yield Finding(source.path, at + 1, "licence", "no licence line", f"begin with '{mark} {LICENCE}'")
