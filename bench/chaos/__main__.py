# SPDX-License-Identifier: Apache-2.0
"""Entry of the chaos test; started by scripts/chaos, which builds what it needs."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from chaos import report
from chaos.judge import Verdict, judge
from chaos.scenarios import ALL, LONG, QUICK, SHORT, Scenario, Timing
from chaos.trial import LAG_MS, Trial, run
from chaos.variants import EVERYTHING
from harness import machine
from harness.limits import Limits
from harness.member import Invalid
from harness.workspace import BENCH, Workspace

RESULTS = BENCH / "results" / "chaos.json"
TRIES = 3  # if the generator can't keep up
MISSED, NOT_JUDGED = 1, 3


def main() -> int:
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    if arguments.check_arguments:
        return 0
    scenarios = [ALL[name] for name in arguments.names or (QUICK if arguments.quick else ALL)]
    timing = SHORT if arguments.quick else LONG
    print(machine.describe())
    print(
        f"From {timing.begin:.0f} s to {timing.end:.0f} s of a load of {timing.seconds:.0f} s there is trouble, for one"
        f" of three instances of products unless it says otherwise:\n{report.scenarios(scenarios)}", flush=True)
    limits = Limits()
    trials: list[Trial] = []
    verdicts: list[Verdict] = []
    wrong: list[str] = []
    skipped: list[str] = []
    with Workspace() as workspace:
        for scenario in scenarios:
            for variant in arguments.variant or ((EVERYTHING,) if arguments.quick else scenario.variants):
                try:
                    trial = _run(workspace, arguments.programs, scenario, variant, timing)
                except Invalid as error:
                    wrong.append(f"{scenario.name}, {variant}: {error}")
                    continue
                trials.append(trial)
                wrong += [f"{scenario.name}, {variant}: {text}" for text in trial.wrong]
                if trial.counts:
                    if trial.early:
                        wrong.append(f"{scenario.name}, {variant}: {trial.early} requests failed before the trouble")
                    verdicts += judge(trial, limits, "chaos-quick" if arguments.quick else "chaos")
                else:
                    skipped.append(f"{scenario.name}, {variant}")
    print(f"\n{report.tables(trials)}\n")
    report.write(RESULTS, trials, verdicts)
    print(f"{len(trials)} trials in {RESULTS.relative_to(BENCH.parent)}")
    missed = [verdict for verdict in verdicts if not verdict.ok]
    print(f"{len(verdicts) - len(missed)} of {len(verdicts)} limits are kept")
    for verdict in missed:
        print(
            f"NOT OK: {verdict.scenario}, {verdict.variant}: {verdict.metric} is {verdict.value:.2f}, the limit is"
            f" {verdict.limit}")
    for text in wrong:
        print(f"NOT OK: {text}")
    for text in skipped:
        print(f"NOT JUDGED: {text}: requests were sent more than {LAG_MS} ms late; repeat this when it is quiet")
    return MISSED if missed or wrong else NOT_JUDGED if skipped else 0


def _run(workspace: Workspace, programs: Path, scenario: Scenario, variant: str, timing: Timing) -> Trial:
    """Once more if the generator fell behind. Raises Invalid."""
    for attempt in range(1, TRIES + 1):
        name = f"{scenario.name}-{variant}-{attempt}".replace(" ", "-").replace(",", "")
        trial = run(workspace, programs, scenario, variant, timing, name)
        print(report.line(trial), flush=True)
        if trial.counts or attempt == TRIES:
            return trial
    raise AssertionError("TRIES is at least 1")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/chaos")
    parser.add_argument("names", nargs="*", metavar="scenario")
    parser.add_argument("--variant", action="append")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--programs", type=Path, default=BENCH.parent / ".build" / "debug", help=argparse.SUPPRESS)
    parser.add_argument("--check-arguments", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in ALL]
    if unknown:
        parser.error(f"no scenario {', '.join(unknown)}; there are {', '.join(ALL)}")
    arguments.programs = arguments.programs.absolute()
    return arguments


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Invalid as error:
        sys.exit(f"scripts/chaos: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
