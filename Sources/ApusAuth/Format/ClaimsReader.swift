// SPDX-License-Identifier: Apache-2.0

/// Reads the JSON of a token, strictly: no member twice, no more than sixteen levels, nothing behind the value, valid
/// UTF-8, no lone surrogates, no numbers beyond the range of Double.
///
/// Two readers that differ about a token, such as one that takes the first of two equal members and one that takes the
/// last, are a way around whoever checks it. So whatever could be read in two ways is refused. Source of the grammar:
/// RFC 8259.
struct ClaimsReader {
    /// What is wrong isn't told: it would be about the content of a token.
    struct Malformed: Error {}

    private static let maximumDepth = 16

    private let bytes: [UInt8]
    private var position = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The members of the object that `bytes` spell.
    static func object(_ bytes: [UInt8]) throws(Malformed) -> [String: ClaimValue] {
        var reader = ClaimsReader(bytes)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard case .object(let members) = value, reader.position == bytes.count else { throw Malformed() }
        return members
    }

    private mutating func value(depth: Int) throws(Malformed) -> ClaimValue {
        guard depth < Self.maximumDepth else { throw Malformed() }
        skipSpace()
        switch peek() {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(Malformed) -> [String: ClaimValue] {
        var members: [String: ClaimValue] = [:]
        position += 1
        skipSpace()
        if take(UInt8(ascii: "}")) { return members }
        repeat {
            skipSpace()
            guard peek() == UInt8(ascii: "\"") else { throw Malformed() }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw Malformed() }
            guard members.updateValue(try value(depth: depth + 1), forKey: name) == nil else { throw Malformed() }
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw Malformed() }
        return members
    }

    private mutating func array(depth: Int) throws(Malformed) -> [ClaimValue] {
        var values: [ClaimValue] = []
        position += 1
        skipSpace()
        if take(UInt8(ascii: "]")) { return values }
        repeat {
            values.append(try value(depth: depth + 1))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw Malformed() }
        return values
    }

    private mutating func string() throws(Malformed) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next() {
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw Malformed() }
                return string
            case UInt8(ascii: "\\"):
                text.append(contentsOf: try escape())
            case 0..<0x20:
                throw Malformed()
            default:
                text.append(byte)
            }
        }
        throw Malformed()
    }

    private mutating func escape() throws(Malformed) -> [UInt8] {
        switch next() {
        case UInt8(ascii: "\""): return [UInt8(ascii: "\"")]
        case UInt8(ascii: "\\"): return [UInt8(ascii: "\\")]
        case UInt8(ascii: "/"): return [UInt8(ascii: "/")]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var code = UInt32(try codeUnit())
            if (0xD800..<0xDC00).contains(code) {
                guard next() == UInt8(ascii: "\\"), next() == UInt8(ascii: "u") else { throw Malformed() }
                let low = UInt32(try codeUnit())
                guard (0xDC00..<0xE000).contains(low) else { throw Malformed() }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw Malformed() }
            return Array(String(Character(scalar)).utf8)
        default:
            throw Malformed()
        }
    }

    private mutating func codeUnit() throws(Malformed) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next() else { throw Malformed() }
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt16(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt16(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt16(byte - UInt8(ascii: "A") + 10)
            default: throw Malformed()
            }
        }
        return value
    }

    private mutating func number() throws(Malformed) -> ClaimValue {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            try digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw Malformed() }
        return .number(value)
    }

    private mutating func digits() throws(Malformed) {
        let start = position
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw Malformed() }
    }

    private mutating func word(_ word: StaticString, _ value: ClaimValue) throws(Malformed) -> ClaimValue {
        let end = position + word.utf8CodeUnitCount
        guard end <= bytes.count, bytes[position..<end].elementsEqual("\(word)".utf8) else { throw Malformed() }
        position = end
        return value
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func next() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }
}
