// SPDX-License-Identifier: Apache-2.0
import ApusHTTP

/// `X-Forwarded-For`, `-Proto`, `-Host` and `Forwarded` (RFC 7239): where a request came from.
///
/// A peer that isn't trusted can say nothing about it: what it sent is replaced. A trusted proxy's words are kept and
/// the proxy itself is added.
struct ForwardedHeaders: Sendable {
    let trusted: [AddressRange]

    /// What else is said of a request's origin, which only a trusted proxy may say.
    private static let unsupported: [HeaderName] = [
        .xForwardedPort, .xForwardedPrefix, .xForwardedSSL, .xRealIP,
    ]

    func isTrusted(_ address: String) -> Bool {
        trusted.contains { $0.contains(address) }
    }

    /// Sets the fields in a request that came from `info`.
    func apply(to headers: inout Headers, from info: ConnectionInfo) {
        let proto = info.isTLS ? "https" : "http"
        let host = headers[.host] ?? ""
        if trusted.isEmpty || !isTrusted(info.remoteAddress) {
            headers.remove(.forwarded)
            headers.remove(.xForwardedFor)
            headers.remove(.xForwardedProto)
            headers.remove(.xForwardedHost)
            for name in Self.unsupported { headers.remove(name) }
            headers.append(.xForwardedFor, info.remoteAddress)
            headers.append(.xForwardedProto, proto)
            if !host.isEmpty { headers.append(.xForwardedHost, host) }
            headers.append(.forwarded, Self.element(info.remoteAddress, host, proto))
            return
        }
        headers[.xForwardedFor] = Self.list(headers.values(.xForwardedFor), info.remoteAddress)
        headers[.forwarded] = Self.list(headers.values(.forwarded), Self.element(info.remoteAddress, host, proto))
        if !headers.contains(.xForwardedProto) { headers.append(.xForwardedProto, proto) }
        if !headers.contains(.xForwardedHost), !host.isEmpty { headers.append(.xForwardedHost, host) }
    }

    /// The address that the request came from as far as can be trusted: the last one of `X-Forwarded-For` that is no
    /// trusted proxy.
    func client(_ headers: Headers, _ info: ConnectionInfo) -> String {
        guard !trusted.isEmpty, isTrusted(info.remoteAddress) else { return info.remoteAddress }
        let listed = headers.values(.xForwardedFor).flatMap { $0.split(separator: ",").map(\.trimmingBlanks) }
        for address in listed.reversed() where !isTrusted(address) { return address }
        return listed.first ?? info.remoteAddress
    }

    private static func list(_ values: [String], _ last: String) -> String {
        (values + [last]).joined(separator: ", ")
    }

    /// One element of `Forwarded`. What isn't a token is quoted: IPv6 addresses and hosts with ports.
    static func element(_ address: String, _ host: String, _ proto: String) -> String {
        let node =
            address.utf8.contains(UInt8(ascii: ":")) ? "\"[\(address)]\"" : address == "unix" ? "_unix" : address
        guard !host.isEmpty, !host.utf8.contains(UInt8(ascii: "\"")), !host.utf8.contains(UInt8(ascii: "\\")) else {
            return "for=\(node);proto=\(proto)"
        }
        let quote = host.utf8.contains(UInt8(ascii: ":")) ? "\"" : ""
        return "for=\(node);host=\(quote)\(host)\(quote);proto=\(proto)"
    }
}
