// SPDX-License-Identifier: Apache-2.0

/// Why `apus queue` couldn't do its work: a sentence for a person, and what to exit with.
struct QueueFailure: Error, CustomStringConvertible {
    let description: String
    /// 1: the work failed; 2: the arguments are wrong.
    let exitStatus: Int32
    /// Whether the service answered that it has no queue.
    let isWithoutQueue: Bool

    init(_ description: String, exitStatus: Int32 = 1, isWithoutQueue: Bool = false) {
        self.description = description
        self.exitStatus = exitStatus
        self.isWithoutQueue = isWithoutQueue
    }
}
