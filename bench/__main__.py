# SPDX-License-Identifier: Apache-2.0
"""Entry of the benchmark; started by scripts/bench, which installs and builds what it needs."""

from __future__ import annotations

import argparse
import signal
import sys

from harness import machine, rounds, rows, table
from harness.limits import Limits
from harness.workspace import BENCH, Workspace
from members import ALL

RESULTS = BENCH / "results" / "latest.json"


def main() -> int:
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    if arguments.check_arguments:
        return 0
    limits = Limits()
    found: list[dict] = []
    complete = True
    print(machine.describe())
    print(f"{arguments.rounds} rounds of {arguments.seconds} s each, interleaved; medians", flush=True)
    with Workspace() as workspace:
        for name in arguments.names or ALL:
            for case in ALL[name](workspace):
                case = case.peers_only() if arguments.peers_only else case
                outcome = rounds.run(case, arguments.rounds, arguments.seconds)
                case_rows = rows.rows(case, outcome, limits)
                found += case_rows
                complete = complete and not outcome.failures
                print(f"\n{table.table(case, outcome, case_rows)}", flush=True)
    if not arguments.peers_only:
        rows.write(RESULTS, found)
        print(f"\n{len(found)} rows in {RESULTS.relative_to(BENCH.parent)}")
    return 0 if complete and all(row["ok"] for row in found) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("names", nargs="*", metavar="name")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--peers-only", action="store_true")
    parser.add_argument("--check-arguments", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in ALL]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(ALL)}")
    arguments.rounds = arguments.rounds or (2 if arguments.quick else 5)
    arguments.seconds = arguments.seconds or (1 if arguments.quick else 4)
    if arguments.rounds < 1 or arguments.seconds < 1:
        parser.error("--rounds and --seconds are at least 1")
    return arguments


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
