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

    /// What waits for the broker that services share.
    public static let broker = Channel("broker")

    /// What a broker holds that nobody wants yet.
    public static let unrouted = Channel("unrouted")

    /// What `service` gets: relayed to it, or in the broker.
    public static func service(_ service: String) -> Channel {
        Channel("service/\(service)")
    }

    public var description: String { name }
}
