// SPDX-License-Identifier: Apache-2.0
/// A line of messages inside a queue. Messages of one channel never wait for those of another.
public struct Channel: Sendable, Hashable, CustomStringConvertible {
    /// What the store knows it by.
    public let name: String

    public init(_ name: String) {
        self.name = name
    }

    /// What this service's own handlers work on.
    public static let local = Channel("local")

    /// What is relayed to `service`.
    public static func service(_ service: String) -> Channel {
        Channel("service/\(service)")
    }

    public var description: String { name }
}
