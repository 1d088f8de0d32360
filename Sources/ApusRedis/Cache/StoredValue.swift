// SPDX-License-Identifier: Apache-2.0
import ApusContract

/// What is under a key in Redis: nothing, the mark of a removal, or a value.
///
/// A value is `J`, the version of its shape, a line feed, and JSON. A mark is `X` and a number that no other mark has: a
/// load is stored only if what is there is still what it saw, so a removal meanwhile, by whichever instance, prevents it.
enum StoredValue: Sendable, Equatable {
    case nothing
    case mark([UInt8])
    case value([UInt8])

    init(_ bytes: [UInt8]?) {
        guard let bytes else {
            self = .nothing
            return
        }
        self = bytes.first == UInt8(ascii: "X") ? .mark(bytes) : .value(bytes)
    }

    /// A mark of removal.
    static func mark(_ number: UInt64) -> [UInt8] {
        Array("X\(String(number, radix: 16))".utf8)
    }

    /// The bytes of a value.
    ///
    /// - Throws: what the encoder says.
    static func encode(_ value: some Encodable, version: Int) throws -> [UInt8] {
        let json = try JSONCodec().encode(value)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(json.count + 12)
        bytes.append(UInt8(ascii: "J"))
        bytes.append(contentsOf: String(version).utf8)
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: json)
        return bytes
    }

    /// The value in `bytes`; nil if it has another version or shape.
    static func decode<Value: Decodable>(_ bytes: [UInt8], as type: Value.Type, version: Int) -> Value? {
        guard bytes.first == UInt8(ascii: "J"), let end = bytes.prefix(12).firstIndex(of: UInt8(ascii: "\n")),
            bytes[1..<end].elementsEqual(String(version).utf8)
        else { return nil }
        do {
            return try JSONCodec().decode(type, from: bytes[(end + 1)...])
        } catch {
            return nil  // an older shape, which the caller counts
        }
    }
}
