# SPDX-License-Identifier: Apache-2.0
"""Where the figures come from."""

from __future__ import annotations

import datetime
import os
import platform
from pathlib import Path


def describe() -> str:
    """Processor, CPUs, kernel, distribution and date in one line."""
    processor = _value(Path("/proc/cpuinfo"), "model name", ":") or platform.machine()
    system = (_value(Path("/etc/os-release"), "PRETTY_NAME", "=") or platform.system()).strip('"')
    today = datetime.date.today().isoformat()
    return f"{processor}, {os.cpu_count()} CPUs, Linux {platform.release()}, {system}, {today}"


def _value(path: Path, key: str, separator: str) -> str | None:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        name, found, value = line.partition(separator)
        if found and name.strip() == key:
            return value.strip()
    return None
