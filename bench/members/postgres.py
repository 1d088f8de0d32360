# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server for the clients that are measured: on the load core, the same for all of them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Mapping

from harness.member import Contestant, Invalid
from harness.process import Process
from harness.workspace import LOOPBACK, Workspace

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "max_connections": "120",
    "shared_buffers": "256MB",
    "synchronous_commit": "off",  # the client is measured, not the disk, unless a case says otherwise
    "autovacuum": "off",  # nor what the server does in between
    "max_wal_size": "4GB",
}


class Postgres(Contestant):
    """Empty at the start. Root can't run it, so root runs it as the user postgres."""

    name, ours = "postgres", False

    def __init__(self, workspace: Workspace, **settings: str) -> None:
        """`settings` are PostgreSQL's, and go before ours."""
        self.port = workspace.port()
        self._workspace = workspace
        self._settings = {**SETTINGS, **settings}
        self._process: Process | None = None
        self._folder: Path | None = None
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        self._programs = found[-1] if found else Path("/usr/lib/postgresql/none/bin")
        self.version = self._programs.parent.name

    def url(self, database: str = "postgres") -> str:
        return f"postgres://postgres@{LOOPBACK}:{self.port}/{database}?sslmode=disable"

    def start(self) -> None:
        # Not in the workspace, whose folder only its owner may enter.
        self._folder = Path(tempfile.mkdtemp(prefix="apus-bench-postgres-"))
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres")
        data = self._folder / "data"
        self._do("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                 "--no-sync", as_server=True)
        settings = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        self._process = Process(
            [*_as_server(), str(self._programs / "postgres"), "-D", str(data), "-p", str(self.port),
             "-k", str(self._folder), *settings],
            self._workspace.cores.load, self._workspace.subfolder(f"postgres-{self.port}"), "postgres")
        deadline = time.monotonic() + 20
        while True:
            try:
                return self.run("SELECT 1")
            except Invalid:
                if self._process.ended or time.monotonic() > deadline:
                    raise Invalid(f"it didn't start\n{self._process.tail()}")
                time.sleep(0.05)

    def run(self, *statements: str, database: str = "postgres") -> None:
        """Runs SQL, each statement on its own. Raises Invalid."""
        commands = [word for statement in statements for word in ("-c", statement)]
        self._do("psql", self.url(database), "-q", "-X", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, *commands)

    def measure(self, seconds: float) -> Mapping[str, float]:
        raise NotImplementedError("support isn't measured")

    def stop(self) -> None:
        if self._process is not None:
            if not self._process.ended:
                os.kill(self._process.pid, signal.SIGINT)  # fast: connections are ended
                try:
                    self._process.wait(10)
                except subprocess.TimeoutExpired:
                    pass
            self._process.stop()
            self._process = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _do(self, program: str, *arguments: str, as_server: bool = False) -> None:
        try:
            subprocess.run(
                [*(_as_server() if as_server else []), str(self._programs / program), *arguments],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, cwd="/", timeout=120)
        except FileNotFoundError as error:
            raise Invalid(f"PostgreSQL isn't installed: {error}") from error
        except subprocess.CalledProcessError as error:
            raise Invalid(f"{program}: {error.stderr.strip()}") from error
        except subprocess.TimeoutExpired as error:
            raise Invalid(f"{program} didn't end") from error


def _as_server() -> list[str]:
    """Changing the user makes the kernel forget that the server ends with the harness, so that is said anew."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=INT"]
