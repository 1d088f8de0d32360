// SPDX-License-Identifier: Apache-2.0

/// The keys under which one request counts, in the order of the limits of a ``CombinedRateLimiter``.
///
/// A limit beyond the last key is common to all. Only hashes are kept; nothing is allocated.
public struct RateKeys: Sendable {
    /// The most keys of a request, and limits of a limiter.
    public static let maximum = 8

    private var hashes = InlineArray<8, UInt64>(repeating: 0)
    /// How many keys there are.
    public private(set) var count = 0

    /// No key: every limit is common to all.
    public init() {}

    /// A key for the first limit.
    @inlinable
    public init(_ first: some Hashable) {
        self.init()
        append(first)
    }

    /// Keys for the first two limits.
    @inlinable
    public init(_ first: some Hashable, _ second: some Hashable) {
        self.init(first)
        append(second)
    }

    /// Adds the key for the next limit. Beyond ``maximum`` it does nothing.
    @inlinable
    public mutating func append(_ key: some Hashable) {
        append(hash: UInt64(truncatingIfNeeded: key.hashValue))
    }

    /// The next limit is common to all.
    public mutating func appendCommon() {
        append(hash: 0)
    }

    @usableFromInline
    mutating func append(hash: UInt64) {
        guard count < Self.maximum else { return }
        hashes[count] = hash
        count += 1
    }

    /// The key for a limit.
    func key(of limit: Int) -> UInt64 { limit < count ? hashes[limit] : 0 }
}
