// SPDX-License-Identifier: Apache-2.0

/// Waits until `condition` holds, letting other tasks run.
func eventually(_ condition: () -> Bool) async {
    while !condition() { await Task.yield() }
}
