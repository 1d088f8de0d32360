# SPDX-License-Identifier: Apache-2.0
"""The measuring harness: knows nothing of what is measured (see ../members)."""
