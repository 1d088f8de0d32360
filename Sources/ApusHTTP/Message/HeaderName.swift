// SPDX-License-Identifier: Apache-2.0

/// The name of a header field: a token (RFC 9110, section 5.6.2), compared without regard to case.
///
/// The names that the engine, the services and the gateway use are known by a number, which makes looking one of them up
/// a comparison of bytes rather than of strings.
public struct HeaderName: Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    let token: UInt8
    /// As it is written on the wire.
    public let text: String

    /// A name from outside the program, or nil if it is not a token of 1 to 256 bytes.
    public init?(_ text: String) {
        guard (1...256).contains(text.utf8.count), text.utf8.allSatisfy(CharacterClass.isToken) else { return nil }
        self.init(checked: text)
    }

    /// A name written in the program. Anything but a token is a programming error.
    public init(stringLiteral text: StaticString) {
        let text = text.description
        precondition(!text.isEmpty && text.utf8.allSatisfy(CharacterClass.isToken), "not a header name: \(text)")
        self.init(checked: text)
    }

    private init(checked text: String) {
        var text = text
        self.token = text.withUTF8 { KnownHeaders.shared.token(of: UnsafeRawBufferPointer($0)) }
        self.text = text
    }

    public var description: String { text }

    /// The names that the engine, the services and the gateway use.
    public static let accept: HeaderName = "Accept"
    public static let acceptEncoding: HeaderName = "Accept-Encoding"
    public static let allow: HeaderName = "Allow"
    public static let authorization: HeaderName = "Authorization"
    public static let cacheControl: HeaderName = "Cache-Control"
    public static let connection: HeaderName = "Connection"
    public static let contentEncoding: HeaderName = "Content-Encoding"
    public static let contentLength: HeaderName = "Content-Length"
    public static let contentType: HeaderName = "Content-Type"
    public static let cookie: HeaderName = "Cookie"
    public static let date: HeaderName = "Date"
    public static let etag: HeaderName = "ETag"
    public static let expect: HeaderName = "Expect"
    public static let forwarded: HeaderName = "Forwarded"
    public static let host: HeaderName = "Host"
    public static let idempotencyKey: HeaderName = "Idempotency-Key"
    public static let ifMatch: HeaderName = "If-Match"
    public static let ifNoneMatch: HeaderName = "If-None-Match"
    public static let keepAlive: HeaderName = "Keep-Alive"
    public static let location: HeaderName = "Location"
    public static let proxyAuthenticate: HeaderName = "Proxy-Authenticate"
    public static let proxyAuthorization: HeaderName = "Proxy-Authorization"
    public static let proxyConnection: HeaderName = "Proxy-Connection"
    public static let requestID: HeaderName = "X-Request-Id"
    public static let retryAfter: HeaderName = "Retry-After"
    public static let server: HeaderName = "Server"
    public static let setCookie: HeaderName = "Set-Cookie"
    public static let te: HeaderName = "TE"
    public static let traceparent: HeaderName = "traceparent"
    public static let tracestate: HeaderName = "tracestate"
    public static let trailer: HeaderName = "Trailer"
    public static let transferEncoding: HeaderName = "Transfer-Encoding"
    public static let upgrade: HeaderName = "Upgrade"
    public static let userAgent: HeaderName = "User-Agent"
    public static let wwwAuthenticate: HeaderName = "WWW-Authenticate"
    public static let xForwardedFor: HeaderName = "X-Forwarded-For"
    public static let xForwardedHost: HeaderName = "X-Forwarded-Host"
    public static let xForwardedPort: HeaderName = "X-Forwarded-Port"
    public static let xForwardedPrefix: HeaderName = "X-Forwarded-Prefix"
    public static let xForwardedProto: HeaderName = "X-Forwarded-Proto"
    public static let xForwardedSSL: HeaderName = "X-Forwarded-Ssl"
    public static let xRealIP: HeaderName = "X-Real-IP"
}

extension HeaderName: Hashable {
    public static func == (left: HeaderName, right: HeaderName) -> Bool {
        guard left.token == 0 else { return left.token == right.token }
        return right.token == 0 && left.text.lowercased() == right.text.lowercased()
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(token)
        if token == 0 { hasher.combine(text.lowercased()) }
    }
}
