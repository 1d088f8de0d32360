// SPDX-License-Identifier: Apache-2.0

/// Writes the frame of a command into memory that is known to be large enough (``RedisCommand/size``): without a check of
/// room for each of its many small parts.
struct FrameWriter {
    private let space: UnsafeMutableRawBufferPointer
    /// How many bytes were written.
    private(set) var count = 0

    init(_ space: UnsafeMutableRawBufferPointer) {
        self.space = space
    }

    mutating func byte(_ scalar: Unicode.Scalar) {
        space[count] = UInt8(truncatingIfNeeded: scalar.value)
        count += 1
    }

    mutating func lineEnd() {
        byte("\r")
        byte("\n")
    }

    /// What announces a bulk string of `length` bytes.
    mutating func length(_ length: Int) {
        byte("$")
        decimal(Int64(length))
        lineEnd()
    }

    /// A text as a bulk string.
    mutating func word(_ text: String) {
        var text = text
        text.withUTF8 { word($0) }
    }

    /// Bytes as a bulk string.
    mutating func word(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { word($0) }
    }

    private mutating func word(_ bytes: UnsafeBufferPointer<UInt8>) {
        length(bytes.count)
        UnsafeMutableRawBufferPointer(rebasing: space[count...]).copyMemory(from: UnsafeRawBufferPointer(bytes))
        count += bytes.count
        lineEnd()
    }

    /// A number in decimal digits.
    mutating func decimal(_ number: Int64) {
        if number < 0 { byte("-") }
        var rest = number.magnitude
        var digits = 1
        var bound: UInt64 = 10
        while rest >= bound {
            digits += 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        for position in stride(from: count + digits - 1, through: count, by: -1) {
            space[position] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        count += digits
    }
}
