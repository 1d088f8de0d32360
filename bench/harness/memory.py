# SPDX-License-Identifier: Apache-2.0
"""The greatest memory of a process since some moment, as the kernel keeps it."""

from __future__ import annotations

from pathlib import Path


class Peak:
    """From now on: the kernel's own peak is set back to what is held now."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        self.before = _bytes(pid, "VmRSS")

    def growth(self) -> int:
        """Bytes by which the greatest RSS since then lies above that at the beginning."""
        return _bytes(self._pid, "VmHWM") - self.before


def _bytes(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) << 10
    raise ValueError(f"/proc/{pid}/status has no {field}")
