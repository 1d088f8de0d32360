// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A list that any task may append to: what handlers of a test have seen.
public final class Journal<Entry: Sendable>: Sendable {
    private let list = Mutex<[Entry]>([])

    public init() {}

    /// What was appended so far, in order.
    public var entries: [Entry] { list.withLock { $0 } }

    /// Appends one entry.
    public func append(_ entry: Entry) {
        list.withLock { $0.append(entry) }
    }
}
