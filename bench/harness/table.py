# SPDX-License-Identifier: Apache-2.0
"""The table for a person."""

from __future__ import annotations

from harness.member import OTHERS, Case
from harness.rounds import Outcome

QUIET = 0.05


def table(case: Case, outcome: Outcome, found: list[dict]) -> str:
    """A line for each contestant: medians, and how ours relates to it in the first metric."""
    first = case.metrics[0]
    of_first = {row.get("peer"): row for row in found if row["metric"] == first.name}
    head = ["", *(metric.heading for metric in case.metrics), "range", "ours/theirs", "limit", ""]
    lines = [head]
    for contestant, figures in outcome.figures.items():
        row = of_first.get(None if contestant.ours else contestant.name, {})
        limit = row.get("limit")
        lines.append([
            f"{contestant.name} {contestant.version}".strip(),
            *(f"{figures.medians[metric.name]:.{metric.decimals}f}" for metric in case.metrics),
            f"{figures.lowest[first.name]:.{first.decimals}f}–{figures.highest[first.name]:.{first.decimals}f}",
            f"{row['ratio']:.2f}" if "ratio" in row else "",
            f"{limit:.2f}" if limit is not None else "",
            "" if limit is None else "ok" if row["ok"] else "NOT OK",
        ])
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    text = [f"{case.bench} {case.name}: {case.job}"]
    for line in lines:
        cells = [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))]
        text.append("  " + "  ".join(cells).rstrip())
    disturbed = max((figures.highest.get(OTHERS, 0.0) for figures in outcome.figures.values()), default=0.0)
    if disturbed > QUIET:
        text.append(f"  other processes took up to {disturbed:.0%} of the server's core in a turn: repeat this when it is quiet")
    if case.missing:
        text.append(f"  ours isn't here: {case.missing}")
    for contestant, reason in outcome.failures.items():
        text.append(f"  {contestant.name} doesn't count: {reason}")
    others = [row for row in found if not row["ok"] and row["metric"] != first.name]
    for row in others:
        text.append(f"  NOT OK: {row['metric']} against {row.get('peer', 'its limit')}: {row}")
    return "\n".join(text)
