# SPDX-License-Identifier: Apache-2.0
"""Rows of the result: ours against each peer in each metric."""

from __future__ import annotations

import json
from pathlib import Path

from harness.limits import OURS, Limits, holds
from harness.member import Case
from harness.rounds import Figures, Outcome


def rows(case: Case, outcome: Outcome, limits: Limits) -> list[dict]:
    """One row for each metric and peer; one without a peer where there is none or ours has a limit of its own.

    None if ours wasn't measured.
    """
    ours = next((figures for contestant, figures in outcome.figures.items() if contestant.ours), None)
    peers = [(contestant, figures) for contestant, figures in outcome.figures.items() if not contestant.ours]
    if ours is None:
        return []
    found = []
    for metric in case.metrics:
        base = {"bench": case.bench, "case": case.name, "metric": metric.name, "better": metric.better,
                "ours": _rounded(ours.medians[metric.name]), "ours_range": _range(ours, metric.name)}
        for peer, figures in peers:
            theirs = figures.medians[metric.name]
            ratio = ours.medians[metric.name] / theirs
            limit = limits.limit(case.bench, case.name, metric, peer.name)
            found.append({
                **base, "peer": peer.name, "peer_version": peer.version, "theirs": _rounded(theirs),
                "theirs_range": _range(figures, metric.name), "ratio": _rounded(ratio),
                **({"limit": limit} if limit is not None else {}), "ok": holds(ratio, limit, metric)})
        limit = limits.limit(case.bench, case.name, metric, OURS)
        if limit is not None or not peers:
            found.append({
                **base, **({"limit": limit} if limit is not None else {}),
                "ok": holds(ours.medians[metric.name], limit, metric)})
    return found


def write(path: Path, found: list[dict]) -> None:
    """Writes the rows as a JSON array, one row a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join("  " + json.dumps(row, ensure_ascii=False, allow_nan=False) for row in found)
    path.write_text(f"[\n{lines}\n]\n" if found else "[]\n")


def _range(figures: Figures, metric: str) -> list[float]:
    return [_rounded(figures.lowest[metric]), _rounded(figures.highest[metric])]


def _rounded(value: float) -> float:
    return round(value, 3)
