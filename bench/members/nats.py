# SPDX-License-Identifier: Apache-2.0
"""A NATS server with JetStream for the clients that are measured: on the load core, the same for all of them."""

from __future__ import annotations

import shutil
import socket
import time
from typing import Mapping

from harness.member import Contestant, Invalid
from harness.process import Process
from harness.workspace import LOOPBACK, Workspace
from members import programs


class NATS(Contestant):
    """Empty at the start. It writes to files, which it syncs every two minutes, as it comes."""

    name, ours = "nats-server", False

    def __init__(self, workspace: Workspace) -> None:
        self.port = workspace.port()
        self.version = programs.version("nats-server", "--version")
        self._workspace = workspace
        self._process: Process | None = None

    def url(self) -> str:
        return f"nats://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        folder = self._workspace.subfolder(f"nats-{self.port}")
        self._process = Process(
            [programs.find("nats-server"), "--addr", LOOPBACK, "--port", str(self.port), "--jetstream",
             "--store_dir", str(folder / "jetstream")],
            self._workspace.cores.load, folder, "nats")
        deadline = time.monotonic() + 10
        while True:
            try:
                with socket.create_connection((LOOPBACK, self.port), 1) as connection:
                    if connection.recv(4) == b"INFO":
                        return
            except OSError:
                pass
            if self._process.ended or time.monotonic() > deadline:
                raise Invalid(f"it didn't start\n{self._process.tail()}")
            time.sleep(0.05)

    def empty(self) -> None:
        """Starts it anew without what it holds."""
        self.stop()
        self.start()

    def measure(self, seconds: float) -> Mapping[str, float]:
        raise NotImplementedError("support isn't measured")

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None
        shutil.rmtree(self._workspace.folder / f"nats-{self.port}" / "jetstream", ignore_errors=True)
