// SPDX-License-Identifier: Apache-2.0

/// Where a NATS server listens.
public struct NATSEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// The port that servers listen on unless they are told otherwise.
    public static let defaultPort = 4222

    /// A name or an address; IPv6 without brackets.
    public var host: String
    /// 1 to 65,535.
    public var port: Int

    public init(host: String, port: Int = NATSEndpoint.defaultPort) {
        self.host = host
        self.port = port
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
