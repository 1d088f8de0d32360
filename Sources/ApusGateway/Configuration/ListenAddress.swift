// SPDX-License-Identifier: Apache-2.0

/// An address to listen on: `127.0.0.1:8080`, `[::1]:8080`, `localhost:0` or `unix:/run/apus.sock`.
public enum ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A host (a name or an address, without brackets) and a port; port 0 picks a free one.
    case tcp(host: String, port: Int)
    /// The path of a Unix domain socket.
    case unix(path: String)

    /// Reads an address, or returns nil if it is not one.
    public init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            // The kernel's limit for a socket's path, terminator included, is 108 bytes.
            guard (1...107).contains(path.utf8.count) else { return nil }
            self = .unix(path: path)
            return
        }
        guard let (host, port) = HostPort.split(text), let port else { return nil }
        self = .tcp(host: host, port: port)
    }

    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
