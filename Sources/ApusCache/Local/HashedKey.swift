// SPDX-License-Identifier: Apache-2.0
/// A key with its hash, so that it is computed once for the shard and the table.
@usableFromInline
struct HashedKey<Key: Hashable & Sendable>: Hashable, Sendable {
    @usableFromInline let key: Key
    @usableFromInline let hash: Int

    @inlinable
    init(_ key: Key) {
        self.key = key
        hash = key.hashValue
    }

    @inlinable
    static func == (left: HashedKey, right: HashedKey) -> Bool {
        left.hash == right.hash && left.key == right.key
    }

    @inlinable
    func hash(into hasher: inout Hasher) {
        hasher.combine(hash)
    }

    /// What tables ask for: the hash is one by the process's own seed already.
    @inlinable
    func _rawHashValue(seed: Int) -> Int {
        hash ^ seed
    }
}
