// SPDX-License-Identifier: Apache-2.0
/// What a store knows a message by, in its channel: a number, or two where the store counts so. Later messages have
/// greater ones. As text `17` or `1526919030474-55`.
public struct QueuePosition: Sendable, Hashable, Comparable, LosslessStringConvertible {
    /// The first number, and the one after the dash, or zero.
    public let major: UInt64
    public let minor: UInt64

    public init(_ major: UInt64, _ minor: UInt64 = 0) {
        self.major = major
        self.minor = minor
    }

    /// Before every message.
    public static let zero = QueuePosition(0)

    /// Nil unless it is one or two numbers with a dash between.
    public init?(_ description: String) {
        let parts = description.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let major = UInt64(parts[0]) else { return nil }
        guard parts.count == 2 else {
            self.init(major)
            return
        }
        guard let minor = UInt64(parts[1]) else { return nil }
        self.init(major, minor)
    }

    public static func < (left: QueuePosition, right: QueuePosition) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    public var description: String { minor == 0 ? "\(major)" : "\(major)-\(minor)" }
}
