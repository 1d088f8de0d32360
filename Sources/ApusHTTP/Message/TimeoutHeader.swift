// SPDX-License-Identifier: Apache-2.0
import ApusCore

extension HeaderName {
    /// How much time the caller allows, in whole milliseconds: 1 to 10 decimal digits.
    ///
    /// A duration, since clocks differ: what is left of the caller's deadline when it sends the request. It only narrows the
    /// deadline of the receiver. Anything but digits is refused with 400.
    public static let timeout: HeaderName = "Apus-Timeout-Ms"
}

/// Reads and writes `Apus-Timeout-Ms`.
public enum TimeoutHeader {
    /// What the header says.
    public enum Reading: Hashable, Sendable {
        case absent
        case malformed
        case milliseconds(Int64)
    }

    /// What the header says in a request.
    public static func read(_ headers: Headers) -> Reading {
        headers.withValue(.timeout) { text in
            guard (1...10).contains(text.count) else { return .malformed }
            var value: Int64 = 0
            for digit in text {
                guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return .malformed }
                value = value * 10 + Int64(digit - UInt8(ascii: "0"))
            }
            return .milliseconds(value)
        } ?? .absent
    }

    /// The text for the time that is left, rounded down; nil if that is less than a millisecond.
    public static func text(remaining: Duration) -> String? {
        let milliseconds = remaining.nanoseconds / 1_000_000
        return milliseconds > 0 ? "\(min(milliseconds, 9_999_999_999))" : nil
    }
}
