# SPDX-License-Identifier: Apache-2.0
"""The rules that no tool brings; run by scripts/lint."""

from __future__ import annotations

import sys

import banned
import context
import floors
import layout
from allowed import without_allowed
from public_docs import public_docs
from source import sources

RULES = (
    layout.file_size, layout.licence, banned.in_code, banned.in_text, floors.imports, public_docs, context.targets)


def main() -> int:
    files = sources()
    findings = without_allowed(finding for source in files for rule in RULES for finding in rule(source))
    for finding in sorted(findings):
        print(finding)
    errors = sum(not finding.warning for finding in findings)
    print(f"{len(files)} files, {errors} errors, {len(findings) - errors} warnings")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
