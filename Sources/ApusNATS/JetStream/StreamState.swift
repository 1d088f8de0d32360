// SPDX-License-Identifier: Apache-2.0

/// A stream at one moment.
public struct StreamState: Sendable, Hashable {
    /// When it was made, as the server writes it: tells it from one of the same name that was removed.
    public var created = ""
    /// What it holds.
    public var messages = 0
    public var bytes = 0
    /// The number of the oldest message, and of the newest that there ever was.
    public var firstSequence: UInt64 = 0
    public var lastSequence: UInt64 = 0
    /// Messages of each subject that was asked for.
    public var subjects: [String: Int] = [:]

    public init() {}
}
