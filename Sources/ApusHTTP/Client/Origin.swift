// SPDX-License-Identifier: Apache-2.0

/// Where a server can be reached: scheme, host and port (an origin of RFC 6454), or a Unix domain socket.
public struct Origin: Hashable, Sendable, CustomStringConvertible {
    /// Whether the connection is plain or TLS.
    public enum Scheme: String, Sendable, Hashable {
        case http
        case https
    }

    /// Default `http`.
    public let scheme: Scheme
    /// A name, an IPv4 or an IPv6 address, without brackets.
    public let host: String
    /// 0 for a Unix domain socket.
    public let port: Int
    /// The path of a Unix domain socket; host and port are not used then.
    public let unixPath: String?
    /// What goes into the `Host` field.
    public let authority: String

    public init(scheme: Scheme = .http, host: String, port: Int) {
        self.scheme = scheme
        self.host = host
        self.port = port
        unixPath = nil
        let name = host.contains(":") ? "[\(host)]" : host
        authority = port == (scheme == .http ? 80 : 443) ? name : "\(name):\(port)"
    }

    public init(scheme: Scheme = .http, unixPath: String) {
        self.scheme = scheme
        self.unixPath = unixPath
        host = "localhost"
        port = 0
        authority = "localhost"
    }

    /// Reads `http://host:port`, `https://[::1]:8443` or `http+unix:///path`; a single slash may follow. Nil for anything
    /// else, a path or user information included.
    public init?(url: String) {
        for (prefix, scheme) in [("http+unix://", Scheme.http), ("https+unix://", .https)] where url.hasPrefix(prefix) {
            let path = String(url.dropFirst(prefix.count))
            guard path.hasPrefix("/"), path.count > 1, path.utf8.count < 108 else { return nil }
            self.init(scheme: scheme, unixPath: path)
            return
        }
        let scheme: Scheme
        var rest: Substring
        if url.hasPrefix("http://") {
            (scheme, rest) = (.http, url.dropFirst(7))
        } else if url.hasPrefix("https://") {
            (scheme, rest) = (.https, url.dropFirst(8))
        } else {
            return nil
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        var port = scheme == .http ? 80 : 443
        if rest.hasPrefix("[") {
            guard let close = rest.firstIndex(of: "]") else { return nil }
            let host = rest[rest.index(after: rest.startIndex)..<close]
            let tail = rest[rest.index(after: close)...]
            if !tail.isEmpty {
                guard tail.hasPrefix(":"), let number = UInt16(tail.dropFirst()), number > 0 else { return nil }
                port = Int(number)
            }
            guard host.contains(":"), host.utf8.allSatisfy(CharacterClass.isHost) else { return nil }
            self.init(scheme: scheme, host: String(host), port: port)
            return
        }
        if let colon = rest.firstIndex(of: ":") {
            guard let number = UInt16(rest[rest.index(after: colon)...]), number > 0 else { return nil }
            port = Int(number)
            rest = rest[..<colon]
        }
        let allowed = rest.utf8.allSatisfy { CharacterClass.isHost($0) && $0 != UInt8(ascii: ":") }
        guard !rest.isEmpty, allowed else { return nil }
        self.init(scheme: scheme, host: String(rest), port: port)
    }

    public var description: String {
        unixPath.map { "\(scheme.rawValue)+unix://\($0)" } ?? "\(scheme.rawValue)://\(hostAndPort)"
    }

    private var hostAndPort: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}
