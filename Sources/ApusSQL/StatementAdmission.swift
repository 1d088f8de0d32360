// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Decides whether a statement may still begin: what every backend asks first.
public enum StatementAdmission {
    /// Refuses when the calling task was cancelled, or the deadline of its `CallContext` has passed.
    ///
    /// - Throws: `cancelled`, `timeout`.
    public static func check(at now: Instant) throws(DatabaseError) {
        if Task.isCancelled {
            throw DatabaseError(.cancelled, "the task was cancelled before the statement began")
        }
        if let deadline = CallContext.currentDeadline, deadline <= now {
            throw DatabaseError(.timeout, "the deadline passed before the statement began")
        }
    }
}
