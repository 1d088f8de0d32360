# SPDX-License-Identifier: Apache-2.0
"""Where the programs compared are found, and which version each is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from harness.workspace import ROOT, TOOLS

# APUS_BENCH_PROGRAMS names another folder, to try the bench itself with what was built otherwise.
RELEASE = Path(os.environ.get("APUS_BENCH_PROGRAMS") or ROOT / ".build" / "release").absolute()


def find(name: str) -> str:
    """The path of a peer: the bench's own tools first, then PATH (and the folders of servers)."""
    own = {
        "envoy": TOOLS / "python" / "envoy" / "_bin" / "envoy",
        "caddy": TOOLS / "python" / "bin" / "caddy",
    }.get(name)
    if own is not None and own.is_file():
        return str(own)
    found = shutil.which(name) or shutil.which(name, path="/usr/local/sbin:/usr/sbin:/sbin")
    return found or name  # starting it then fails with its name


def version(name: str, *arguments: str) -> str:
    """The first thing in the output of `name arguments` that looks like a version; empty if there is none."""
    try:
        done = subprocess.run(
            [find(name), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d+\.\d+(?:\.\d+)*", done.stdout + done.stderr)
    return found.group() if found else ""


def go_program(name: str) -> str:
    """A peer from bench/peers/go, as scripts/bench builds it."""
    return str(TOOLS / "go" / name)


def ours(name: str) -> tuple[Path | None, str]:
    """Our release executable, or None and why it isn't there."""
    path = RELEASE / name
    if path.is_file():
        return path, ""
    return None, f"{path} doesn't exist (swift build -c release --static-swift-stdlib --product {name})"


def our_version() -> str:
    """The commit measured, with a + when the work tree differs from it."""
    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
        return done.stdout.strip()
    commit = git("rev-parse", "--short", "HEAD")
    return commit + ("+" if commit and git("status", "--porcelain", "--untracked-files=no") else "")
