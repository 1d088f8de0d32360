// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// One word of a command: a key, an option, a number or bytes of any kind.
public enum RedisArgument: Sendable, Hashable {
    case string(String)
    case bytes([UInt8])
    case integer(Int64)

    /// How many bytes it has on the wire, without its frame.
    var length: Int {
        switch self {
        case .string(let text): text.utf8.count
        case .bytes(let bytes): bytes.count
        case .integer(let number): Self.digits(of: number)
        }
    }

    /// Writes it as a bulk string.
    func write(to buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt8(ascii: "$"))
        buffer.writeDecimal(Int64(length))
        buffer.writeCarriageReturn()
        switch self {
        case .string(let text): buffer.writeString(text)
        case .bytes(let bytes): buffer.writeBytes(bytes)
        case .integer(let number): buffer.writeDecimal(number)
        }
        buffer.writeCarriageReturn()
    }

    private static func digits(of number: Int64) -> Int {
        var count = number < 0 ? 2 : 1
        var rest = number.magnitude
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }
}

extension RedisArgument: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    public init(stringLiteral value: String) {
        self = .string(value)
    }

    public init(integerLiteral value: Int64) {
        self = .integer(value)
    }
}

extension ByteBuffer {
    /// Writes a number in decimal digits, without a text in between.
    mutating func writeDecimal(_ number: Int64) {
        if (0...9).contains(number) {
            writeInteger(UInt8(ascii: "0") + UInt8(number))
            return
        }
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)  // 24 bytes; an Int64 has at most 19 digits and a sign
        withUnsafeMutableBytes(of: &digits) { digits in
            var position = digits.count
            var rest = number.magnitude
            repeat {
                position -= 1
                digits[position] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            if number < 0 {
                position -= 1
                digits[position] = UInt8(ascii: "-")
            }
            writeBytes(UnsafeRawBufferPointer(rebasing: digits[position...]))
        }
    }

    mutating func writeCarriageReturn() {
        writeInteger(0x0D0A as UInt16)
    }
}
