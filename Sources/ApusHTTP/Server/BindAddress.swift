// SPDX-License-Identifier: Apache-2.0

/// Where a server listens.
public enum BindAddress: Hashable, Sendable, CustomStringConvertible {
    /// A host name, an IPv4 or an IPv6 address (without brackets), and a port; port 0 takes a free one.
    case tcp(host: String, port: Int)
    /// A Unix domain socket. A socket that nobody listens on any more is replaced.
    case unix(path: String)

    /// Reads `host:port`, `[::1]:port` or `unix:/path`.
    public init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty, path.utf8.count < 108 else { return nil }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy(CharacterClass.isHost) else { return nil }
        self = .tcp(host: String(host), port: Int(port))
    }

    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
