# SPDX-License-Identifier: Apache-2.0
"""Symbols that have no place here, and text that has none anywhere."""

from __future__ import annotations

import re
from typing import Callable, Iterator, NamedTuple

from finding import Finding
from floors import below_the_top, policies
from source import Source


class Ban(NamedTuple):
    rule: str
    pattern: re.Pattern[str]
    applies: Callable[[Source], bool]
    mend: str


def _swift(source: Source) -> bool:
    return source.is_swift


def _tests(source: Source) -> bool:
    return source.is_swift and source.path.startswith("Tests/")


IN_CODE = (
    Ban("fatal-error", re.compile(r"\bfatalError\("), _swift, "rule it out by a type, or throw"),
    Ban("force-try", re.compile(r"\btry!"), _swift, "throw, or handle the error"),
    Ban("force-cast", re.compile(r"\bas!"), _swift, "use a type that needs no cast"),
    Ban("unsafe-flags", re.compile(r"\bunsafeFlags\b"), _swift, "SwiftPM refuses packages with it as dependencies"),
    Ban("wall-clock", re.compile(r"\bDate\(\)|\bDate\.now\b|\b(?:Continuous|Suspending)Clock\(\)|\.continuous\b"
                                 r"|\bDispatchTime\.now\b|\bNIODeadline\.now\b"),
        below_the_top, "take a TimeSource or the time as a parameter"),
    Ban("policy-clock", re.compile(r"\bInstant\.now\b"), policies, "policies are told the time: `now` is a parameter"),
    Ban("randomness", re.compile(r"\.random(?:Element)?\((?!.*using:)|\.shuffled?\(\)|\bSystemRandomNumberGenerator\b|\bUUID\(\)"),
        below_the_top, "take the randomness as a parameter"),
    Ban("sleep-in-tests", re.compile(r"\bTask\.sleep\(|\bThread\.sleep\(|\bu?sleep\("), _tests,
        "wait for the condition, or move a manual clock"),
)
TODO = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
MACHINE_PATH = re.compile(r"(?<![\w./~-])/(?:home|root|Users|work|mnt|opt)/[\w.-]+")


def in_code(source: Source) -> Iterator[Finding]:
    bans = [ban for ban in IN_CODE if ban.applies(source)]
    if not bans:
        return
    for number, line in enumerate(source.code, 1):
        for ban in bans:
            found = ban.pattern.search(line)
            if found:
                yield Finding(source.path, number, ban.rule, f"'{found.group()}'", ban.mend)


def in_text(source: Source) -> Iterator[Finding]:
    for number, line in enumerate(source.lines, 1):
        if (found := TODO.search(line)) and not source.path.startswith("scripts/lib/lint/"):
            yield Finding(source.path, number, "todo", f"'{found.group()}'", "do it, or file an issue")
        if (found := MACHINE_PATH.search(line)) and source.path != "LICENSE":
            yield Finding(
                source.path, number, "machine-path", f"'{found.group()}' is a path of one machine",
                "derive it, or take it from a setting")
