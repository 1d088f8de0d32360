# SPDX-License-Identifier: Apache-2.0
"""A file of the repository, as text and as code."""

from __future__ import annotations

import dataclasses
import functools
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclasses.dataclass(frozen=True)
class Source:
    path: str  # from the root
    text: str

    @functools.cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @functools.cached_property
    def code(self) -> list[str]:
        """The lines without line comments and without what stands in string literals."""
        return [_STRING.sub('""', line).split("//", 1)[0] for line in self.lines]

    @property
    def is_swift(self) -> bool:
        return self.path.endswith(".swift")

    @property
    def is_script(self) -> bool:
        return self.text.startswith("#!")


def sources() -> list[Source]:
    """Every text file that git knows or would add."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True, capture_output=True).stdout.decode()
    found = []
    for path in sorted(set(listed.split("\0")) - {""}):
        try:
            found.append(Source(path, (ROOT / path).read_text(encoding="utf-8")))
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # binary, deleted but not yet committed, or a submodule
    return found
