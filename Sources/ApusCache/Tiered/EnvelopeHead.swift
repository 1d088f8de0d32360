// SPDX-License-Identifier: Apache-2.0

/// Reads what stands before the value of a ``CacheEnvelope``, in exactly the form in which it is written.
struct EnvelopeHead {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Passes `text`; false if something else stands here.
    mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard bytes.count - position >= count else { return false }
        let isThere = text.withUTF8Buffer { text in
            (0..<count).allSatisfy { bytes[position + $0] == text[$0] }
        }
        if isThere { position += count }
        return isThere
    }

    /// Passes a number without sign, fraction and needless zeros; nil if something else stands here.
    mutating func number() -> Int? {
        let start = position
        var number = 0
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            // Longer ones are read the general way, which knows what fits.
            guard position - start < 18 else { return nil }
            number = number * 10 + Int(digit)
            position += 1
        }
        let length = position - start
        return length == 0 || (length > 1 && bytes[start] == UInt8(ascii: "0")) ? nil : number
    }

    /// What stands between here and the bracket at the end; nil if there is none, and for null, which is no value.
    var value: ArraySlice<UInt8>? {
        let end = bytes.count - 1
        guard position < end, bytes[end] == UInt8(ascii: "}") else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "n"), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
            return nil
        default: return bytes[position..<end]
        }
    }
}
