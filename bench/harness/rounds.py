# SPDX-License-Identifier: Apache-2.0
"""Interleaved rounds: A B C A B C …, so that whatever the machine does meanwhile happens to all alike."""

from __future__ import annotations

import dataclasses
import statistics
import sys
from typing import Mapping

from harness.member import Case, Contestant, Invalid


@dataclasses.dataclass(frozen=True)
class Figures:
    """What the rounds of a contestant came to, by metric."""

    medians: Mapping[str, float]
    lowest: Mapping[str, float]
    highest: Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Figures of those that could be measured, reasons of those that couldn't."""

    figures: Mapping[Contestant, Figures]
    failures: Mapping[Contestant, str]


def run(case: Case, rounds: int, seconds: float) -> Outcome:
    """Measures a case. A contestant that fails once is out; the others go on."""
    failures: dict[Contestant, str] = {}
    samples: dict[Contestant, list[Mapping[str, float]]] = {}
    started: list[Contestant] = []
    try:
        for contestant in (*case.support, *case.contestants):
            started.append(contestant)
            _say(f"{case.bench} {case.name}: starting {contestant.name} {contestant.version}")
            try:
                contestant.start()
            except Invalid as error:
                failures[contestant] = str(error)
                if contestant in case.support:
                    return Outcome({}, failures)
                continue
            if contestant not in case.support:
                samples[contestant] = []
        for turn in range(1, rounds + 1):
            for contestant in list(samples):
                _say(f"{case.bench} {case.name}: round {turn} of {rounds}, {contestant.name}")
                try:
                    samples[contestant].append(contestant.measure(seconds))
                except Invalid as error:
                    failures[contestant] = f"round {turn}: {error}"
                    del samples[contestant]
                    contestant.stop()
    finally:
        for contestant in reversed(started):
            contestant.stop()
        _say("")
    return Outcome({contestant: _summary(taken) for contestant, taken in samples.items()}, failures)


def _summary(samples: list[Mapping[str, float]]) -> Figures:
    columns = {name: [sample[name] for sample in samples] for name in samples[0]}
    return Figures(
        medians={name: statistics.median(values) for name, values in columns.items()},
        lowest={name: min(values) for name, values in columns.items()},
        highest={name: max(values) for name, values in columns.items()})


def _say(text: str) -> None:
    """Progress: one line that is rewritten on a terminal, plain lines elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)
