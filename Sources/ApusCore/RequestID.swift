// SPDX-License-Identifier: Apache-2.0

/// The name of one request through every service that it touches.
///
/// Taken over from a caller's `X-Request-Id` if that is well formed (1 to 128 of `A–Z a–z 0–9 . _ -`), otherwise made at
/// the edge: 128 random bits, written as 32 hexadecimal digits. The text of a generated id is made only when asked for.
public struct RequestID: Sendable, Hashable, CustomStringConvertible {
    @usableFromInline enum Storage: Sendable, Hashable {
        case bits(UInt64, UInt64)
        case text(String)
    }

    private let storage: Storage

    /// A new id from `random`.
    public init(using random: inout some RandomNumberGenerator) {
        storage = .bits(random.next(), random.next())
    }

    /// A caller's id, or nil if it is not well formed.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...128).contains(bytes.count), bytes.allSatisfy(Self.isAllowed) else { return nil }
        storage = .text(text)
    }

    /// The bits of a generated id, for who writes their 32 digits without a text; nil for a caller's id.
    public var bits: (high: UInt64, low: UInt64)? {
        if case .bits(let high, let low) = storage { (high, low) } else { nil }
    }

    public var description: String {
        switch storage {
        case .bits(let high, let low): Hex.string(high, low)
        case .text(let text): text
        }
    }

    /// Calls `body` with the bytes of ``description``, which is not made for that.
    public func withUTF8(_ body: (UnsafeRawBufferPointer) -> Void) {
        switch storage {
        case .bits(let high, let low):
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
                Hex.write(high, to: digits, at: 0)
                Hex.write(low, to: digits, at: 16)
                body(UnsafeRawBufferPointer(digits))
            }
        case .text(var text):
            text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
        }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
