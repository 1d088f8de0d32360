// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// Where a server listens, once it does.
public struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    /// The address to connect to; for a server that listens on every address, a loopback address.
    public let host: String
    /// The port; 0 for a Unix domain socket.
    public let port: Int
    /// The path of a Unix domain socket.
    public let path: String?
    public let isTLS: Bool

    init(bound: SocketAddress?, requested: BindAddress, isTLS: Bool) {
        self.isTLS = isTLS
        switch requested {
        case .unix(let path):
            self.path = path
            host = "localhost"
            port = 0
        case .tcp(let name, let wanted):
            path = nil
            port = bound?.port ?? wanted
            switch bound?.ipAddress ?? name {
            case "0.0.0.0": host = "127.0.0.1"
            case "::": host = "::1"
            case let address: host = address
            }
        }
    }

    /// The endpoint that a client of this machine uses.
    public var endpoint: Origin {
        let scheme: Origin.Scheme = isTLS ? .https : .http
        if let path { return Origin(scheme: scheme, unixPath: path) }
        return Origin(scheme: scheme, host: host, port: port)
    }

    /// The URL, such as `http://127.0.0.1:8080`.
    public var description: String { endpoint.description }
}
