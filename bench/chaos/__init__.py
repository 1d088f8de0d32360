# SPDX-License-Identifier: Apache-2.0
"""The shop under trouble: what requests meet while instances are killed, paused, slow or broken (scripts/chaos)."""
