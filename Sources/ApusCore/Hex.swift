// SPDX-License-Identifier: Apache-2.0

/// Lower-case hexadecimal of fixed width, as ids on the wire use it.
public enum Hex {
    /// The sixteen digits of `value`.
    public static func string(_ value: UInt64) -> String {
        String(unsafeUninitializedCapacity: 16) {
            write(value, to: $0, at: 0); return 16
        }
    }

    /// The thirty-two digits of the 128-bit number whose halves are given.
    public static func string(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 32) {
            write(high, to: $0, at: 0)
            write(low, to: $0, at: 16)
            return 32
        }
    }

    /// Writes the sixteen digits of `value` behind what is in `text`.
    public static func append(_ value: UInt64, to text: inout [UInt8]) {
        for shift in stride(from: UInt64(60), through: 0, by: -4) { text.append(digit(value >> shift)) }
    }

    /// The number that `digits` spell, or nil unless they are 1 to 16 lower-case hexadecimal digits.
    public static func value(_ digits: some Collection<UInt8>) -> UInt64? {
        guard (1...16).contains(digits.count) else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }

    /// Writes the sixteen digits of `value` at `offset`.
    static func write(_ value: UInt64, to buffer: UnsafeMutableBufferPointer<UInt8>, at offset: Int) {
        for index in 0..<16 { buffer[offset + index] = digit(value >> UInt64(60 - 4 * index)) }
    }

    /// The digit for the last four bits.
    private static func digit(_ value: UInt64) -> UInt8 {
        let digit = UInt8(truncatingIfNeeded: value) & 0xF
        return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}
