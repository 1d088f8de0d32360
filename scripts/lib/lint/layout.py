# SPDX-License-Identifier: Apache-2.0
"""Rules about files as a whole: how long they are, how wide their prose is, and what their first line says."""

from __future__ import annotations

import re
from typing import Iterator

from finding import Finding
from source import Source

WARN_LINES = 400
MOST_LINES = 600
MOST_CHARACTERS = 120
LICENCE = "SPDX-License-Identifier: Apache-2.0"
CODE = (".swift", ".py", ".sh", ".go", ".lua", ".c", ".h", ".js", ".css")
SETTINGS = (".yaml", ".yml", ".conf", ".cfg")
_FENCE = re.compile(r"\s*(```+|~~~+)")
_TABLE_OR_HEADING = re.compile(r"\s*[|#]")
_MARK = re.compile(r"\s*(?:[-*+>]\s+|\d+[.)]\s+)*(?:\[[^\]]+\]:\s+)?")
_LINK = re.compile(r"!?\[[^\]]*\]\([^)]*\)")


def file_size(source: Source) -> Iterator[Finding]:
    """How long a file of code is, and how wide the prose of one in Markdown."""
    yield from prose_width(source)
    count = len(source.lines)
    if not (source.path.endswith(CODE) or source.is_script) or count <= WARN_LINES:
        return
    yield Finding(
        source.path, count, "file-size", f"{count} lines", f"split it by what it does (at most {MOST_LINES})",
        warning=count <= MOST_LINES)


def prose_width(source: Source) -> Iterator[Finding]:
    """Lines of prose that are too long; tables, code, headings and a link alone in its line can't be broken."""
    if not source.path.endswith(".md"):
        return
    fence = ""
    for number, line in enumerate(source.lines, 1):
        if found := _FENCE.match(line):
            mark = found.group(1)
            if not fence:
                fence = mark
            elif mark.startswith(fence):
                fence = ""
            continue
        if len(line) <= MOST_CHARACTERS or fence or _TABLE_OR_HEADING.match(line):
            continue
        words = _LINK.sub("link", line[_MARK.match(line).end():]).split()
        if len(words) > 1:
            yield Finding(
                source.path, number, "prose-width", f"{len(line)} characters of prose",
                f"break it (at most {MOST_CHARACTERS})")


def licence(source: Source) -> Iterator[Finding]:
    settings = source.path.endswith(SETTINGS) and not source.path.startswith("Tests/")  # those are inputs of tests
    if not (source.path.endswith(CODE) or source.is_script or settings) or not source.text:
        return
    first = source.lines[0]
    at = 1 if first.startswith(("#!", "// swift-tools-version")) else 0
    if len(source.lines) <= at or source.lines[at].lstrip("/#- ") != LICENCE:
        mark = "//" if source.path.endswith((".swift", ".go", ".c", ".h", ".js")) else "#"
        yield Finding(source.path, at + 1, "licence", "no licence line", f"begin with '{mark} {LICENCE}'")
