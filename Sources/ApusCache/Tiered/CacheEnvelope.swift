// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore

/// What the second level keeps with a value: `{"v":0,"s":0,"t":[…],"d":…}`, where `d` is the value.
///
/// Written, and mostly read, without the codec for what is around the value: the value's own coding is all that costs.
struct CacheEnvelope: Sendable, Hashable {
    /// The version of the shape of the value: `v`.
    var version: Int
    /// Milliseconds for which it is kept after it isn't fresh any more: `s`.
    var staleness: Int
    /// The tags, so that who reads it without knowing them hears of their removal: `t`, missing if there are none.
    var tags: [String] = []

    /// The text with `value` in it; nil for the answer that there is nothing, which has no `d`.
    ///
    /// - Throws: `encoding`.
    func encoded<Value: Encodable>(_ value: Value?) throws(CacheError) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("v")
        writer.integer(version)
        writer.name("s")
        writer.integer(staleness)
        if !tags.isEmpty {
            writer.name("t")
            writer.beginArray()
            for tag in tags {
                writer.element()
                writer.string(tag)
            }
            writer.endArray()
        }
        if let value {
            writer.name("d")
            do {
                try JSONCodec().encode(value, to: &writer, depth: 1)
            } catch {
                throw CacheError(.encoding, "a \(Value.self) can't be encoded: \(error)")
            }
        }
        writer.endObject()
        return writer.bytes
    }

    /// The envelope and the value in it. Nil if the bytes hold something else: another type, or no JSON at all.
    static func decoded<Value: Decodable>(
        _ bytes: [UInt8], as type: Value.Type
    ) -> (envelope: CacheEnvelope, value: Value?)? {
        if let plain = plain(bytes, as: type) { return plain }
        do {
            let text = try JSONCodec().decode(EnvelopeText<Value>.self, from: bytes)
            return (text.envelope, text.value)
        } catch {
            return nil
        }
    }

    /// Of bytes as ``encoded(_:)`` writes them for a value without tags. Nil for all others, whatever they hold: these are
    /// left to the codec. What is read here the codec would read the same.
    private static func plain<Value: Decodable>(
        _ bytes: [UInt8], as type: Value.Type
    ) -> (envelope: CacheEnvelope, value: Value?)? {
        var head = EnvelopeHead(bytes)
        guard
            head.skip(#"{"v":"#), let version = head.number(), head.skip(#","s":"#), let staleness = head.number(),
            head.skip(#","d":"#), let value = head.value
        else { return nil }
        do {
            return (CacheEnvelope(version: version, staleness: staleness), try JSONCodec().decode(type, from: value))
        } catch {
            return nil
        }
    }
}

/// An envelope of any form, as the codec reads it.
private struct EnvelopeText<Value: Decodable>: Decodable {
    let envelope: CacheEnvelope
    let value: Value?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: EnvelopeKey.self)
        envelope = CacheEnvelope(
            version: try container.decode(Int.self, forKey: .v), staleness: try container.decode(Int.self, forKey: .s),
            tags: try container.decodeIfPresent([String].self, forKey: .t) ?? [])
        value = try container.decodeIfPresent(Value.self, forKey: .d)
    }
}

/// Outside of the generic type, which would cost look-ups of its metadata for each value.
private enum EnvelopeKey: CodingKey {
    case v, s, t, d
}
