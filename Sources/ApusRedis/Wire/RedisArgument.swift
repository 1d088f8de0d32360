// SPDX-License-Identifier: Apache-2.0

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
    func write(to frame: inout FrameWriter) {
        switch self {
        case .string(let text): frame.word(text)
        case .bytes(let bytes): frame.word(bytes)
        case .integer(let number):
            frame.length(Self.digits(of: number))
            frame.decimal(number)
            frame.lineEnd()
        }
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
