// SPDX-License-Identifier: Apache-2.0

/// Whether the statements of the current task may take longer than those of a request: a migration builds an index, or
/// waits for the instance that does.
package enum LongStatements {
    /// True: only the deadline of the task's call ends a statement.
    @TaskLocal package static var areAllowed = false
}
