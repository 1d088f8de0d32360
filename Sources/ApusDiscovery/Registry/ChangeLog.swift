// SPDX-License-Identifier: Apache-2.0

/// The newest changes of a registry, at most a fixed number.
struct ChangeLog: Sendable {
    private let capacity: Int
    /// Everything after this revision is kept.
    private var compacted: UInt64
    private var changes: [RegistryChange] = []

    init(capacity: Int, revision: UInt64) {
        self.capacity = max(1, capacity)
        compacted = revision
    }

    mutating func append(_ change: RegistryChange) {
        changes.append(change)
        // Trimmed in bulk, so that the cost per change stays constant.
        guard changes.count > 2 * capacity else { return }
        let surplus = changes.count - capacity
        compacted = changes[surplus - 1].revision
        changes.removeFirst(surplus)
    }

    /// The changes after `revision`, or nil if some of them are gone.
    func changes(after revision: UInt64) -> [RegistryChange]? {
        guard revision >= compacted else { return nil }
        return Array(changes.drop { $0.revision <= revision })
    }
}
