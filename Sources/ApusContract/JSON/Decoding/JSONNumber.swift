// SPDX-License-Identifier: Apache-2.0

/// The values of numbers in JSON text that was found to be well-formed.
enum JSONNumber {
    /// The value of digits with an optional `-`; nil if the type doesn't hold it.
    @inline(__always)
    static func integer<Value: FixedWidthInteger>(
        _ text: Slice<UnsafeRawBufferPointer>, as type: Value.Type
    ) -> Value? {
        let isNegative = text.first == UInt8(ascii: "-")
        var value: Value = 0
        for byte in isNegative ? text.dropFirst() : text {
            let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let digit = Value(truncatingIfNeeded: byte &- UInt8(ascii: "0"))
            // Downwards for negative numbers, of which there is one more.
            let (sum, isTooFar) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if isTooLarge || isTooFar { return nil }
            value = sum
        }
        return value
    }

    /// The Double that is nearest to what the text says; nil if that is none that is finite.
    static func double(_ text: Slice<UnsafeRawBufferPointer>) -> Double? {
        if let value = quickDouble(text) { return value }
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }

    /// The Float that is nearest to what the text says; nil if that is none that is finite.
    static func float(_ text: Slice<UnsafeRawBufferPointer>) -> Float? {
        guard let value = Float(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }

    /// The value, if digits and power of ten are exact as Doubles, so that one division rounds rightly.
    ///
    /// Source: William D. Clinger, "How to read floating point numbers accurately" (1990), the fast path.
    private static func quickDouble(_ text: Slice<UnsafeRawBufferPointer>) -> Double? {
        guard text.count <= 18 else { return nil }
        let isNegative = text.first == UInt8(ascii: "-")
        var digits: UInt64 = 0
        var decimals = 0
        var isFraction = false
        for byte in isNegative ? text.dropFirst() : text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits = digits * 10 + UInt64(byte - UInt8(ascii: "0"))
                if isFraction { decimals += 1 }
            case UInt8(ascii: "."): isFraction = true
            default: return nil
            }
        }
        guard digits <= 1 << 53 else { return nil }
        let value = Double(digits) / Self.powers[decimals]
        return isNegative ? -value : value
    }

    /// The powers of ten that are exact as far as ``quickDouble(_:)`` asks for them.
    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    ]
}
