// SPDX-License-Identifier: Apache-2.0

/// How large the head of a message, or a block of trailers, may be.
public struct HeadLimits: Sendable, Hashable {
    /// Bytes of a request target. Default 8 KiB; more is answered with 414.
    public var targetBytes: Int
    /// Bytes of the whole head, line ends included. Default 64 KiB; more is answered with 431.
    public var headBytes: Int
    /// Number of header fields. Default 100; more is answered with 431.
    public var fieldCount: Int

    public init(targetBytes: Int = 8 << 10, headBytes: Int = 64 << 10, fieldCount: Int = 100) {
        self.targetBytes = targetBytes
        self.headBytes = headBytes
        self.fieldCount = fieldCount
    }
}
