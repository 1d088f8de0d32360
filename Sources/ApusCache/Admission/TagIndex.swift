// SPDX-License-Identifier: Apache-2.0

/// Which entries were stored with which tags, both ways. It holds no more than its entries have.
@usableFromInline
struct TagIndex: Sendable {
    @usableFromInline var tags: [Int: [String]] = [:]
    @usableFromInline var tagged: [String: Set<Int>] = [:]

    @inlinable
    init() {}

    /// The places of the entries with this tag.
    @inlinable
    func positions(of tag: String) -> Set<Int> { tagged[tag] ?? [] }

    /// The tags of the entry at `position` from now on.
    @inlinable
    mutating func set(_ new: [String], at position: Int) {
        if tags.isEmpty, new.isEmpty { return }
        for tag in tags.removeValue(forKey: position) ?? [] {
            tagged[tag]?.remove(position)
            if tagged[tag]?.isEmpty == true { tagged[tag] = nil }
        }
        guard !new.isEmpty else { return }
        tags[position] = new
        for tag in new { tagged[tag, default: []].insert(position) }
    }
}
