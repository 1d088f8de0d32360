# SPDX-License-Identifier: Apache-2.0
"""What a rule reports."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    path: str  # from the root
    line: int
    rule: str  # what scripts/lint-allow.txt calls it
    what: str
    mend: str  # what to do
    warning: bool = False

    def __str__(self) -> str:
        kind = "warning" if self.warning else "error"
        return f"{self.path}:{self.line}: {kind}: {self.what}; {self.mend} [{self.rule}]"
