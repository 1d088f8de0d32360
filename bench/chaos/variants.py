# SPDX-License-Identifier: Apache-2.0
"""The shop's gateway file as it is, and with policies taken away."""

from __future__ import annotations

import re

from harness.member import Invalid
from harness.workspace import ROOT

EVERYTHING = "everything"
NOTHING = "nothing"

# What takes a policy away: a pattern, which the file must contain, and what stands there instead.
_WITHOUT = {
    "attempt timeout": (r"attemptTimeout: \w+(, )?", ""),
    "retry": (r"^( +)retry: \{.*\}\n", r"\1attempts: 1\n"),
    "outliers": (r"^ +outliers: \{.*\}\n", ""),
    "breaker": (r"^ +breaker: \{.*\}\n", ""),
    "health check": (r"^ +healthCheck: \{.*\}\n", ""),
    "least requests": (r"balancing: least-requests", "balancing: round-robin"),
    "adaptive limits": (r"^ +adaptive: \{.*\}\n", ""),
    "shedding": (r"^services:\n", "limits: { shedding: off }\nservices:\n"),
}


def gateway_file(variant: str) -> str:
    """`everything`, `nothing` or `without retry`, also of several: `without outliers, breaker`. Raises Invalid."""
    text = (ROOT / "gateway.yaml").read_text()
    if variant == EVERYTHING:
        return text
    if not variant.startswith("without ") and variant != NOTHING:
        raise Invalid(f"there is no variant {variant!r}")
    names = list(_WITHOUT) if variant == NOTHING else variant.removeprefix("without ").split(", ")
    for name in names:
        if name not in _WITHOUT:
            raise Invalid(f"there is no policy {name!r}; there are {', '.join(_WITHOUT)}")
        pattern, replacement = _WITHOUT[name]
        text, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        if count == 0:
            raise Invalid(f"gateway.yaml has no {name} to be taken away")
    return text
