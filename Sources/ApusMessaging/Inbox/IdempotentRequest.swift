// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// A request that its caller may repeat: who sends it under which key, and what it asks for.
public struct IdempotentRequest: Sendable, Hashable {
    /// Whose key it is, and for which operation: the same key in another scope is another key.
    public let scope: String
    /// What the caller named the request: 1 to 255 visible characters of ASCII.
    public let key: String
    /// Tells requests apart that have the same key: 32 hexadecimal digits.
    public let fingerprint: String

    /// - Parameters:
    ///   - scope: at most 512 bytes of it are kept as they are; a longer one is replaced by its hash.
    ///   - content: everything in which two requests may differ: method, path, body. Their order counts.
    /// - Throws: `invalid` if the key isn't one.
    public init(scope: String, key: String, content: [[UInt8]]) throws(MessagingError) {
        guard Self.isValid(key) else {
            throw MessagingError(.invalid, "an idempotency key has 1 to 255 visible characters of ASCII")
        }
        self.scope = scope.utf8.count <= 512 ? scope : Self.hash([Array(scope.utf8)])
        self.key = key
        fingerprint = Self.hash(content)
    }

    /// Whether `key` has 1 to 255 visible characters of ASCII.
    public static func isValid(_ key: String) -> Bool {
        (1...255).contains(key.utf8.count) && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// 128 bits. Whoever makes two requests collide gets the answer of the first of their own requests.
    private static func hash(_ parts: [[UInt8]]) -> String {
        var (high, low): (UInt64, UInt64) = (0, 1)
        for part in parts {
            part.withUnsafeBytes { bytes in
                high = XXHash64.hash(bytes, seed: high)
                low = XXHash64.hash(bytes, seed: low)
            }
            // Where a part ends counts.
            high = XXHash64.hash(UInt64(part.count), seed: high)
            low = XXHash64.hash(UInt64(part.count), seed: low)
        }
        return Hex.string(high, low)
    }

    /// A number that stands for scope and key; others may have it too.
    var lockNumber: Int {
        Int(Int32(truncatingIfNeeded: XXHash64.hash("\(scope)\n\(key)")))
    }
}
