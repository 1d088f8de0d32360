// SPDX-License-Identifier: Apache-2.0

/// What stands between quotation marks in JSON text that was found to be well-formed.
enum JSONString {
    /// The value of a hexadecimal digit; nil if it is none.
    static func hexadecimal(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// Whether two texts of the same length are the same. Names are short, so a call of `memcmp` wouldn't pay.
    @inline(__always)
    static func areEqual(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < one.count, one[index] == other[index] { index += 1 }
        return index == one.count
    }

    static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        do {
            _ = try UTF8Span(validating: bytes.bindMemory(to: UInt8.self).span)
            return true
        } catch {
            return false
        }
    }

    /// The text of `bytes` with its escapes resolved.
    static func unescaped(_ bytes: UnsafeRawBufferPointer) -> String {
        // No escape is shorter than what it stands for.
        String(unsafeUninitializedCapacity: bytes.count) { utf8 in
            var length = 0
            var index = 0
            while index < bytes.count {
                guard bytes[index] == UInt8(ascii: "\\") else {
                    utf8[length] = bytes[index]
                    length += 1
                    index += 1
                    continue
                }
                let kind = bytes[index + 1]
                if kind == UInt8(ascii: "u") {
                    var scalar = unit(bytes, at: index + 2)
                    index += 6
                    if (0xD800..<0xDC00).contains(scalar) {
                        scalar = 0x10000 + (scalar - 0xD800) << 10 + (unit(bytes, at: index + 2) - 0xDC00)
                        index += 6
                    }
                    for byte in UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter {
                        utf8[length] = byte
                        length += 1
                    }
                } else {
                    utf8[length] = character(kind)
                    length += 1
                    index += 2
                }
            }
            return length
        }
    }

    private static func character(_ kind: UInt8) -> UInt8 {
        switch kind {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: kind
        }
    }

    private static func unit(_ bytes: UnsafeRawBufferPointer, at index: Int) -> UInt32 {
        var value: UInt32 = 0
        for byte in bytes[index..<index + 4] { value = value << 4 | (hexadecimal(byte) ?? 0) }
        return value
    }
}

extension JSONNode {
    /// The bytes of its text.
    @inline(__always)
    func bytes(in text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: text[Int(start)..<Int(start) + Int(length)])
    }

    /// What a string or name spells.
    func string(in text: UnsafeRawBufferPointer) -> String {
        let bytes = bytes(in: text)
        return isSpecial ? JSONString.unescaped(bytes) : String(decoding: bytes, as: UTF8.self)
    }

    /// Whether two names are the same to Swift, which compares characters rather than bytes.
    @inline(__always)
    func hasSameText(as other: JSONNode, in text: UnsafeRawBufferPointer) -> Bool {
        if isSimple, other.isSimple {
            return length == other.length && JSONString.areEqual(bytes(in: text), other.bytes(in: text))
        }
        return string(in: text) == other.string(in: text)
    }

    /// Whether this name is `name`.
    @inline(__always)
    func isNamed(_ name: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer) -> Bool {
        if isSimple { return Int(length) == name.count && JSONString.areEqual(bytes(in: text), name) }
        return string(in: text) == String(decoding: name, as: UTF8.self)
    }

    /// Whether its bytes are its characters.
    private var isSimple: Bool { isASCII && !isSpecial }
}
