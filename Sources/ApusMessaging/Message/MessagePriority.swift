// SPDX-License-Identifier: Apache-2.0
/// How urgent a message is among those that wait in its channel: 0 to 9, normally 4.
///
/// Strict: while a higher one waits, no lower one is taken, so keep high ones rare.
public struct MessagePriority: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// From 0, the last, to 9, the first.
    public let rawValue: UInt8

    /// Nil if it isn't from 0 to 9.
    public init?(rawValue: UInt8) {
        guard rawValue <= 9 else { return nil }
        self.rawValue = rawValue
    }

    private init(_ rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// 2, 4 and 7.
    public static let low = MessagePriority(2)
    public static let normal = MessagePriority(4)
    public static let high = MessagePriority(7)

    public static func < (left: MessagePriority, right: MessagePriority) -> Bool {
        left.rawValue < right.rawValue
    }

    public var description: String { String(rawValue) }
}
