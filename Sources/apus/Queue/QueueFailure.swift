// SPDX-License-Identifier: Apache-2.0

/// Why `apus queue` couldn't do its work: a sentence for a person, and what to exit with.
struct QueueFailure: Error, CustomStringConvertible {
    let description: String
    /// 1: the work failed; 2: the arguments are wrong.
    let exitStatus: Int32

    init(_ description: String, exitStatus: Int32 = 1) {
        self.description = description
        self.exitStatus = exitStatus
    }
}
