# SPDX-License-Identifier: Apache-2.0
"""Public declarations say what they are."""

from __future__ import annotations

import re
from typing import Iterator

from finding import Finding
from source import Source

_PUBLIC = re.compile(
    r"^\s*(?:@[\w.]+(?:\([^)]*\))?\s+)*(?:(?:static|final|nonisolated|mutating|override|indirect|class|convenience"
    r"|required|lazy|weak|private\(set\)|internal\(set\)|package\(set\))\s+)*(?:public|open)(?!\(set\))\s+(?P<rest>.+)")
_NAME = re.compile(
    r"(?:.*?\s)??(?:struct|class|enum|actor|protocol|func|var|let|typealias|init[?]?|subscript|macro|associatedtype)"
    r"\b\s*(?P<name>\w+|[^\s\w({?!]+|)(?=[\s(<:={?!]|$)")
_IGNORED = re.compile(r"^(?:import|extension)\b|^(?:@\w+\s+)?import\b")
# Requirements of protocols of the language, which say it for them.
_WITNESSES = {
    "description", "debugDescription", "errorDescription", "hash", "hashValue", "encode", "==", "<", "next",
    "makeIterator", "makeAsyncIterator", "Element", "Iterator", "AsyncIterator", "Failure", "Index", "startIndex",
    "endIndex", "rawValue", "allCases",
}
_DECODING = re.compile(r"^init\(from \w+: (?:any )?Decoder\)|^init\((?:\w+Literal|rawValue)\b")


def public_docs(source: Source) -> Iterator[Finding]:
    if not source.is_swift or not source.path.startswith("Sources/"):
        return
    for index, line in enumerate(source.code):
        found = _PUBLIC.match(line)
        if found is None or _IGNORED.match(found["rest"]) or _DECODING.match(found["rest"]):
            continue
        name = _NAME.match(found["rest"])
        shown = name["name"] or found["rest"].split("(")[0] if name else found["rest"]
        if shown in _WITNESSES or _documented(source, index):
            continue
        yield Finding(source.path, index + 1, "public-docs", f"public '{shown}' has no doc comment",
                      "say what it is, with units, defaults, ranges and errors")


def _documented(source: Source, index: int) -> bool:
    """Whether a doc comment ends above the line, attributes and conditions between them left aside."""
    for line in reversed(source.lines[:index]):
        text = line.strip()
        if text.startswith("///") or text.endswith("*/"):
            return True
        if not text.startswith(("@", "//", "#if")):
            return False
    return False
