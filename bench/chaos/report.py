# SPDX-License-Identifier: Apache-2.0
"""The tables, as Markdown for docs/chaos.md, and the file of figures."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from chaos.judge import Verdict, goodput
from chaos.scenarios import ALL, Scenario
from chaos.trial import Trial

TROUBLE_HEAD = (
    "trouble", "gateway file", "reads answered", "failed", "over 0.5 s", "p50", "p99", "longest", "orders answered",
    "p99", "longest")
OVERLOAD_HEAD = (
    "gateway file", "reads", "answered", "goodput", "p50", "p99", "users answered", "p99", "orders answered", "p99")


def tables(trials: list[Trial]) -> str:
    """One for what happens to an instance, one for what happens to all."""
    troubles = [_trouble(trial) for trial in trials if not _is_overload(trial)]
    overloads = [_overload(trial) for trial in trials if _is_overload(trial)]
    found = [_markdown(head, lines) for head, lines in ((TROUBLE_HEAD, troubles), (OVERLOAD_HEAD, overloads)) if lines]
    return "\n\n".join(found)


def line(trial: Trial) -> str:
    """What is said while the run goes on."""
    failures = {name: figures.failures for name, figures in trial.streams.items() if figures.failures}
    text = f"{trial.scenario} · {trial.variant}: " + "; ".join(
        f"{name} {figures.per_second:.0f}/s {figures.success_percent:.2f} % p99 {figures.p99_ms:.0f} ms"
        f" max {figures.max_ms:.0f} ms" for name, figures in trial.streams.items())
    text += f"; sent at most {trial.lag_p99_ms:.0f} ms late (p99)"
    return text + "".join(f"\n    {name}: {failures[name]}" for name in failures)


def write(path: Path, trials: list[Trial], verdicts: list[Verdict]) -> None:
    """One trial a line, then one verdict a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"trial": dataclasses.asdict(trial)} for trial in trials]
    rows += [{"verdict": dataclasses.asdict(verdict)} for verdict in verdicts]
    path.write_text("[\n" + ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n")


def scenarios(found: list[Scenario]) -> str:
    return "\n".join(f"  {scenario.name:9} {scenario.happens}" for scenario in found)


def _is_overload(trial: Trial) -> bool:
    return ALL[trial.scenario].per_second > 0


def _trouble(trial: Trial) -> list[str]:
    reads, orders = trial.streams["products"], trial.streams["orders"]
    return [
        trial.scenario, trial.variant,
        _percent(reads.success_percent), str(reads.failed), f"{reads.slow_percent:.1f} %", _ms(reads.p50_ms),
        _ms(reads.p99_ms), _ms(reads.max_ms), _percent(orders.success_percent), _ms(orders.p99_ms), _ms(orders.max_ms)]


def _overload(trial: Trial) -> list[str]:
    reads, users, orders = (trial.streams[name] for name in ("products", "users", "orders"))
    return [
        trial.variant, f"{reads.per_second:.0f}/s", f"{reads.answered_per_second:.0f}/s",
        f"{goodput(trial):.0f} %", _ms(reads.answered_p50_ms), _ms(reads.answered_p99_ms),
        _percent(users.success_percent), _ms(users.p99_ms), _percent(orders.success_percent), _ms(orders.p99_ms)]


def _percent(value: float) -> str:
    """Never rounded up to all of them."""
    return "100 %" if value == 100 else f"{int(value * 100) / 100:.2f} %"


def _ms(value: float) -> str:
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"


def _markdown(head: tuple[str, ...], lines: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in [head, *lines]) for column in range(len(head))]
    rows = [head, ["-" * width for width in widths], *lines]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows)
