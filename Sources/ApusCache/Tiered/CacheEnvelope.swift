// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore

/// A value as the second level keeps it: JSON with the version of its shape, and how much of the time it is kept is not
/// freshness but staleness.
struct CacheEnvelope<Value: Codable & Sendable>: Codable, Sendable {
    /// The version of the shape of the value.
    var v: Int
    /// Milliseconds for which it is kept after it isn't fresh any more.
    var s: Int64
    /// The tags, so that who reads it without knowing them hears of their removal; nil if there are none.
    var t: [String]?
    /// The value; nil for the answer that there is nothing.
    var d: Value?

    init(_ value: Value?, staleness: Duration, tags: [String] = []) {
        t = tags.isEmpty ? nil : tags
        v = Self.version
        s = staleness.nanoseconds / 1_000_000
        d = value
    }

    static var version: Int { (Value.self as? any VersionedCacheValue.Type)?.cacheVersion ?? 0 }

    /// - Throws: `encoding`.
    func encoded() throws(CacheError) -> [UInt8] {
        do {
            return try JSONCodec().encode(self)
        } catch {
            throw CacheError(.encoding, "a \(Value.self) can't be encoded: \(error)")
        }
    }

    /// Nil if the bytes hold something else: another type, an older shape, or no JSON at all.
    init?(_ bytes: [UInt8]) {
        do {
            self = try JSONCodec().decode(from: bytes)
        } catch {
            return nil
        }
        guard v == Self.version, s >= 0 else { return nil }
    }
}

/// Outside of the generic type, which would cost look-ups of its metadata for each value.
private enum CacheEnvelopeKey: CodingKey {
    case v, s, t, d
}

extension CacheEnvelope {
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CacheEnvelopeKey.self)
        v = try container.decode(Int.self, forKey: .v)
        s = try container.decode(Int64.self, forKey: .s)
        t = try container.decodeIfPresent([String].self, forKey: .t)
        d = try container.decodeIfPresent(Value.self, forKey: .d)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CacheEnvelopeKey.self)
        try container.encode(v, forKey: .v)
        try container.encode(s, forKey: .s)
        try container.encodeIfPresent(t, forKey: .t)
        try container.encodeIfPresent(d, forKey: .d)
    }
}

/// A value whose shape has changed: what an older version of the program left on the second level, and what a newer one
/// did, is a miss.
///
/// Without this a value is a miss if it can't be decoded, which is enough as long as no field changes its meaning.
public protocol VersionedCacheValue: Codable, Sendable {
    /// Raised with each change of the shape. Values without this have version 0.
    static var cacheVersion: Int { get }
}
