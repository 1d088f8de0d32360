// SPDX-License-Identifier: Apache-2.0
import ApusHTTP

/// Header fields that belong to one connection and aren't forwarded (RFC 9110, section 7.6.1).
///
/// `Connection`, `Keep-Alive`, `Proxy-Connection`, `TE`, `Transfer-Encoding` and `Upgrade` are written by the engine
/// alone, which skips them in heads that it is given. What is left is removed here, with the fields that `Connection`
/// names.
enum HopByHop {
    /// What `Connection` can't remove, though it names it: a client could take away what the gateway or the service
    /// relies on.
    private static let lasting: Set<HeaderName> = [
        .host, .authorization, .cookie, .setCookie, .contentLength, .contentType, .contentEncoding, .transferEncoding,
        .forwarded, .xForwardedFor, .xForwardedHost, .xForwardedProto, .requestID, .traceparent, .tracestate, .date,
        .location, .wwwAuthenticate, .cacheControl, "Content-Range", "X-Real-IP",
    ]
    /// What else no trailer may look like: fields that a proxy, or the caller's deadline and identity, are trusted for.
    private static let trusted: Set<HeaderName> = [
        .xForwardedPort, .xForwardedPrefix, .xForwardedSSL, .proxyAuthorization, .proxyAuthenticate, .idempotencyKey,
        .expect, .timeout,
    ]
    private static let altSvc: HeaderName = "Alt-Svc"

    static func removeFromRequest(_ headers: inout Headers) {
        removeNamed(&headers)
        headers.remove(.proxyAuthorization)
        headers.remove(.expect)
    }

    static func removeFromResponse(_ headers: inout Headers) {
        removeNamed(&headers)
        headers.remove(.proxyAuthenticate)
        headers.remove(altSvc)
    }

    /// The trailers of a request without those that a service might take for a field of the head; nil if none is left.
    static func forwardable(trailers: Headers) -> Headers? {
        var left = Headers()
        for (name, value) in trailers {
            guard let name = HeaderName(name), !lasting.contains(name), !trusted.contains(name) else { continue }
            left.append(name, value)
        }
        return left.count == 0 ? nil : left
    }

    private static func removeNamed(_ headers: inout Headers) {
        guard headers.contains(.connection) else { return }
        // Nearly always one of these two, which name no field.
        let isPlain = headers.withValue(.connection) { value in
            value.count == 10 && value.last == UInt8(ascii: "e") || value.count == 5 && value.last == UInt8(ascii: "e")
        }
        let values = headers.values(.connection)
        if isPlain == true, values.count == 1 {
            headers.remove(.connection)
            return
        }
        for value in values {
            for part in value.split(separator: ",") {
                guard let name = HeaderName(part.trimmingBlanks) else { continue }
                if !lasting.contains(name) { headers.remove(name) }
            }
        }
        headers.remove(.connection)
    }
}

extension Substring {
    /// Without blanks and tabs at both ends.
    var trimmingBlanks: String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        var text = drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return String(text)
    }
}
