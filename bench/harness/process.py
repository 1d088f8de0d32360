# SPDX-License-Identifier: Apache-2.0
"""A child process pinned to a CPU or several, which never outlives the harness."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from pathlib import Path
from typing import Collection, Mapping, Sequence

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Process:
    """Started at once; its output goes to a file, whose end is shown when something goes wrong."""

    def __init__(
        self, command: Sequence[str], core: int | Collection[int], folder: Path, name: str,
        environment: Mapping[str, str] = {}, listens: bool = False,
    ):
        """With `listens` it can be told something, and its standard input ends with the harness."""
        cores = {core} if isinstance(core, int) else set(core)
        self.command = list(command)
        self.log = folder / f"{name}.log"
        with open(self.log, "wb") as log:
            self._child = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE if listens else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "TMPDIR": str(folder), **environment},
                start_new_session=True,
                preexec_fn=lambda: _prepare(cores),
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def ended(self) -> bool:
        return self._child.poll() is not None

    @property
    def status(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        return self._child.poll()

    def tell(self, line: str) -> None:
        """Writes a line to its standard input. Raises BrokenPipeError."""
        self._child.stdin.write(line.encode() + b"\n")
        self._child.stdin.flush()

    def signal(self, number: int) -> None:
        self._child.send_signal(number)

    def wait(self, seconds: float) -> None:
        """Waits for its end. Raises subprocess.TimeoutExpired."""
        self._child.wait(seconds)

    def tail(self, lines: int = 12) -> str:
        """The end of its output."""
        text = self.log.read_text(errors="replace").splitlines()
        return "\n".join(text[-lines:]) or "(no output)"

    def stop(self, grace: float = 3.0) -> None:
        """Asks it to end, and ends it and its whole process group if it doesn't within `grace` seconds."""
        if not self.ended:
            self._child.terminate()
            try:
                self._child.wait(grace)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self._child.pid, signal.SIGKILL)  # the group is its own: start_new_session
        except ProcessLookupError:
            pass
        self._child.wait()
        if self._child.stdin is not None:
            self._child.stdin.close()


def _prepare(cores: set[int]) -> None:
    """Runs in the child before exec: pinned, and ended by the kernel should the harness be killed."""
    os.sched_setaffinity(0, cores)
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
