// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// Turns boxes into bytes and back. As a metatype it costs nothing to pass on, and what passes it on need not know the
/// type: a load through two levels is one function for all types, whose frames have a size that is known.
protocol BoxCoding {
    /// - Throws: `encoding`.
    static func encoded(_ box: CacheBox, _ policy: CachePolicy) throws(CacheError) -> [UInt8]

    /// Nil if the bytes hold something else: another type, an older shape, or no envelope at all.
    static func decoded(_ bytes: [UInt8]) -> DecodedBox?
}

/// What the second level holds.
struct DecodedBox {
    /// ``CacheBox/nothing`` for the answer that there is nothing.
    let box: CacheBox
    /// For how much of the time that it is kept it isn't fresh any more.
    let staleness: Duration
    let tags: [String]
}

/// The coder of one type, by ``CacheEnvelope``.
enum BoxCoder<Value: Codable & Sendable>: BoxCoding {
    private static var version: Int { (Value.self as? any VersionedCacheValue.Type)?.cacheVersion ?? 0 }

    static func encoded(_ box: CacheBox, _ policy: CachePolicy) throws(CacheError) -> [UInt8] {
        let staleness = Int(policy.staleness.nanoseconds / 1_000_000)
        return try CacheEnvelope(version: version, staleness: staleness, tags: policy.tags)
            .encoded(box.value(as: Value.self))
    }

    static func decoded(_ bytes: [UInt8]) -> DecodedBox? {
        guard
            let (envelope, value) = CacheEnvelope.decoded(bytes, as: Value.self), envelope.version == version,
            envelope.staleness >= 0
        else { return nil }
        return DecodedBox(
            box: value.map { TypedBox($0) } ?? CacheBox.nothing, staleness: .milliseconds(envelope.staleness),
            tags: envelope.tags)
    }
}
