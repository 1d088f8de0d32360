// SPDX-License-Identifier: Apache-2.0
import ApusYAML

extension ValueReader {
    /// A number in `range`, such as `1.5`, or nil after a report.
    func number(in range: ClosedRange<Double>) -> Double? {
        parsed("a number from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))") {
            Double($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// What `read` makes of the value, or nothing for `off`; nil after a report.
    func orOff<Value>(_ read: (ValueReader) -> Value?) -> Value?? {
        if isScalar, text() == "off" { return .some(nil) }
        return read(self).map { .some($0) }
    }

    /// A whole number in `range`, or 0 for `off`; nil after a report.
    func integerOrOff(in range: ClosedRange<Int>) -> Int? {
        guard let number = orOff({ $0.integer(in: range) }) else { return nil }
        return number ?? 0
    }

    /// Without a fraction where there is none.
    private static func text(_ number: Double) -> String {
        number == number.rounded() ? "\(Int(number))" : "\(number)"
    }
}
