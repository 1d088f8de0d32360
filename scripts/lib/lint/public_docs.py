# SPDX-License-Identifier: Apache-2.0
"""Public declarations say what they are.

Left aside is what another comment says already: requirements of protocols where the protocol is ours or one of the
language's, an init that takes the type's public properties, and what follows a declaration of the same kind line by
line, as a group of constants does: its first has the comment.
"""

from __future__ import annotations

import functools
import re
from typing import Iterator

from finding import Finding
from source import Source, sources

_PUBLIC = re.compile(
    r"^\s*(?:@[\w.]+(?:\([^)]*\))?\s+)*(?P<before>(?:(?:static|final|nonisolated|mutating|override|indirect|class"
    r"|convenience|required|lazy|weak|private\(set\)|internal\(set\)|package\(set\))\s+)*)"
    r"(?:public|open)(?!\(set\))\s+(?P<rest>.+)")
_NAME = re.compile(
    r"(?P<kind>(?:.*?\s)??(?:struct|class|enum|actor|protocol|func|var|let|typealias|init[?]?|subscript|macro))"
    r"\b\s*(?P<name>\w+|[^\s\w({?!]+|)(?=[\s(<:={?!]|$)")
_IGNORED = re.compile(r"^(?:import|extension)\b|^init\(from \w+: (?:any )?Decoder\)|^init\((?:\w+Literal|rawValue)\b")
_STANDARD_REQUIREMENTS = set(
    "description debugDescription errorDescription hash hashValue encode == < next makeIterator makeAsyncIterator"
    " Element Iterator AsyncIterator Failure Index startIndex endIndex rawValue allCases wrappedValue".split())
_REQUIREMENTS_BY_LIBRARY = {
    "LogHandler": "log metadata logLevel metadataProvider subscript",
    "MetricsFactory": "makeCounter makeFloatingPointCounter makeMeter makeRecorder makeTimer"
                      " destroyCounter destroyFloatingPointCounter destroyMeter destroyRecorder destroyTimer",
    "Service": "run",
    "TaskExecutor": "enqueue",
}
_PROTOCOL = re.compile(r"\bprotocol\s+(\w+)")
_REQUIREMENT = re.compile(r"^\s+(?:static\s+|mutating\s+)*(?:func|var|init|subscript|associatedtype)\b\s*(\w*)")
_CONFORMING = re.compile(r"\b(?:struct|class|enum|actor|protocol|extension)\s+([\w.]+)[^:{]*(?::\s*([^{]*))?")
_COMPOSITION = re.compile(r"\btypealias\s+(\w+)\s*=\s*([\w\s]+&[\w\s&]+)")
_PROPERTY = re.compile(r"\bpublic\s+(?:internal\(set\)\s+|private\(set\)\s+)?(?:var|let)\s+(\w+)")


def public_docs(source: Source) -> Iterator[Finding]:
    if not source.is_swift or not source.path.startswith("Sources/"):
        return
    said_elsewhere = _requirements_met(source)
    group_before = None  # what kind of declaration the line above is
    for index, line in enumerate(source.code):
        found = _PUBLIC.match(line)
        name = _NAME.match(found["rest"]) if found else None
        if found is None or name is None or _IGNORED.match(found["rest"]):
            group_before = None
            continue
        group = (found["before"].split(), name["kind"])
        shown = name["name"] or name["kind"].split()[-1]
        if not (group == group_before or _documented(source, index) or shown in said_elsewhere
                or (name["kind"].startswith("init") and _takes_properties(source, index))):
            yield Finding(source.path, index + 1, "public-docs", f"public '{shown}' has no doc comment",
                          "say what it is, with units, defaults, ranges and errors")
        group_before = group


def _documented(source: Source, index: int) -> bool:
    """Whether a doc comment ends above the line, attributes and conditions between them left aside."""
    for line in reversed(source.lines[:index]):
        text = line.strip()
        if text.startswith("///") or text.endswith("*/"):
            return True
        if not text.startswith(("@", "//", "#if")):
            return False
    return False


@functools.cache
def _protocols() -> dict[str, set[str]]:
    """The names that each protocol asks for: ours, and those of libraries that we conform to."""
    found = {name: set(names.split()) for name, names in _REQUIREMENTS_BY_LIBRARY.items()}
    for source in sources():
        if not source.is_swift or not source.path.startswith("Sources/"):
            continue
        current: set[str] | None = None
        for line in source.code:
            if declared := _PROTOCOL.search(line):
                current = found.setdefault(declared.group(1), set())
            elif line.startswith("}"):
                current = None
            elif current is not None and (requirement := _REQUIREMENT.match(line)):
                current.add(requirement.group(1) or requirement.group().split()[-1])
    return found


@functools.cache
def _conformances() -> dict[str, set[str]]:
    """What each type and protocol conforms to, or stands for, in whichever of its files that is said."""
    found: dict[str, set[str]] = {}
    for source in sources():
        if not source.is_swift or not source.path.startswith("Sources/"):
            continue
        text = "\n".join(source.code)
        for declared in _CONFORMING.finditer(text):
            found.setdefault(declared.group(1), set()).update(re.findall(r"\w+", declared.group(2) or ""))
        for alias in _COMPOSITION.finditer(text):
            found.setdefault(alias.group(1), set()).update(re.findall(r"\w+", alias.group(2)))
    return found


def _all_requirements(name: str, seen: set[str]) -> set[str]:
    """What the protocol or type asks for, and what it inherits."""
    if name in seen:
        return set()
    seen.add(name)
    names = set(_protocols().get(name, set()))
    for other in _conformances().get(name, set()):
        names |= _all_requirements(other, seen)
    return names


def _requirements_met(source: Source) -> set[str]:
    """The names that protocols ask of the types which this file declares or extends."""
    names = set(_STANDARD_REQUIREMENTS)
    for declared in _CONFORMING.finditer("\n".join(source.code)):
        for word in re.findall(r"\w+", f"{declared.group(1)} {declared.group(2) or ''}"):
            names |= _all_requirements(word, set())
    return names


def _takes_properties(source: Source, index: int) -> bool:
    """Whether each parameter of the init in this line is a public property in the same file."""
    text = "\n".join(source.code[index:index + 40])
    text = text[text.index("init"):]
    depth, end = 0, 0
    for end, character in enumerate(text):
        depth += (character in "([{<") - (character in ")]}" or (character == ">" and text[end - 1] != "-"))
        if character == ")" and depth == 0:
            break
    labels = re.findall(r"(?:^|[(,])\s*(?:_\s+)?(\w+)(?:\s+\w+)?\s*:", text[:end])
    return set(labels) <= set(_PROPERTY.findall(source.text))
