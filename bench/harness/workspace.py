# SPDX-License-Identifier: Apache-2.0
"""The temporary folder, the ports and the cores of one run."""

from __future__ import annotations

import re
import shutil
import socket
import tempfile
from pathlib import Path

from harness.cpu import Cores

BENCH = Path(__file__).resolve().parent.parent
ROOT = BENCH.parent
TOOLS = ROOT / ".build" / "bench"  # peers that are built or installed for the bench alone
LOOPBACK = "127.0.0.1"


class Workspace:
    """Everything that a run takes from the machine. A context manager: the folder is gone at its end."""

    def __init__(self) -> None:
        self.cores = Cores.choose()
        self.folder = Path(tempfile.mkdtemp(prefix="apus-bench-"))
        self._given: set[int] = set()

    def __enter__(self) -> "Workspace":
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def port(self) -> int:
        """A loopback port that is free now and wasn't given out before."""
        while True:
            with socket.socket() as probe:
                probe.bind((LOOPBACK, 0))
                port = probe.getsockname()[1]
            if port not in self._given:
                self._given.add(port)
                return port

    def subfolder(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(exist_ok=True)
        return path

    def render(self, template: str, folder: Path, /, **values: object) -> Path:
        """Writes bench/peers/`template` to `folder` with each @name@ replaced by its value."""
        text = (BENCH / "peers" / template).read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        left = re.search(r"@[a-z_]+@", text)
        if left:
            raise ValueError(f"bench/peers/{template}: no value for {left.group()}")
        path = folder / template
        path.write_text(text)
        return path
