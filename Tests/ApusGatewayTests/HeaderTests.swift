// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import Testing

@testable import ApusGateway

@Suite("What the gateway does to headers")
struct HeaderTests {
    private let client = ConnectionInfo(remoteAddress: "203.0.113.9", isTLS: true)
    private let proxy = ConnectionInfo(remoteAddress: "10.0.0.1", isTLS: false)

    @Test("Connection removes what it names, but not what others rely on")
    func connection() {
        var headers: Headers = [
            .connection: "close, X-Mine, authorization", "X-Mine": "1", .authorization: "Bearer x", "X-Other": "2",
            .proxyAuthorization: "Basic x", .expect: "100-continue",
        ]
        headers.append(.connection, "Host, x-forwarded-for,\tX-Other")
        headers.append(.host, "a")
        HopByHop.removeFromRequest(&headers)
        #expect(headers.map(\.name).sorted() == ["Authorization", "Host"])
    }

    @Test("a plain Connection only goes itself", arguments: ["close", "keep-alive", "Keep-Alive"])
    func plain(value: String) {
        var headers: Headers = [.connection: value, "close": "x", .host: "a"]
        HopByHop.removeFromRequest(&headers)
        #expect(!headers.contains(.connection) && headers.contains(.host))
    }

    @Test("an untrusted client's word on where it comes from is replaced")
    func untrusted() {
        var headers: Headers = [
            .host: "api.example.com:8080", .xForwardedFor: "1.1.1.1", .forwarded: "for=1.1.1.1", .xForwardedProto: "x",
            .xForwardedHost: "evil", .xForwardedPort: "1", .xForwardedPrefix: "/evil", .xForwardedSSL: "on",
            .xRealIP: "1.1.1.1",
        ]
        let forwarded = ForwardedHeaders(trusted: [])
        #expect(forwarded.client(headers, client) == "203.0.113.9")
        forwarded.apply(to: &headers, from: client)
        for name in [HeaderName.xForwardedPort, .xForwardedPrefix, .xForwardedSSL, .xRealIP] {
            #expect(!headers.contains(name), "\(name)")
        }
        #expect(headers.values(.xForwardedFor) == ["203.0.113.9"])
        #expect(headers.values(.xForwardedProto) == ["https"])
        #expect(headers.values(.xForwardedHost) == ["api.example.com:8080"])
        #expect(headers.values(.forwarded) == ["for=203.0.113.9;host=\"api.example.com:8080\";proto=https"])
    }

    @Test("a trusted proxy's word is kept and the proxy is added")
    func trusted() throws {
        let forwarded = ForwardedHeaders(trusted: [try #require(AddressRange("10.0.0.0/8"))])
        var headers: Headers = [
            .host: "a", .xForwardedFor: "6.6.6.6, 203.0.113.9", .xForwardedProto: "https",
            .forwarded: "for=203.0.113.9",
        ]
        headers.append(.xForwardedFor, "10.0.0.7")
        #expect(forwarded.client(headers, proxy) == "203.0.113.9")
        forwarded.apply(to: &headers, from: proxy)
        #expect(headers.values(.xForwardedFor) == ["6.6.6.6, 203.0.113.9, 10.0.0.7, 10.0.0.1"])
        #expect(headers[.xForwardedProto] == "https" && headers[.xForwardedHost] == "a")
        #expect(headers[.forwarded] == "for=203.0.113.9, for=10.0.0.1;host=a;proto=http")
        #expect(forwarded.client([:], proxy) == "10.0.0.1")
    }

    @Test(
        "an element of Forwarded is quoted where it must be",
        arguments: [
            ("::1", "a", "for=\"[::1]\";host=a;proto=http"), ("unix", "", "for=_unix;proto=http"),
            ("1.2.3.4", "a\"b", "for=1.2.3.4;proto=http"),
        ])
    func elements(address: String, host: String, expected: String) {
        #expect(ForwardedHeaders.element(address, host, "http") == expected)
    }

    @Test("a well formed request id and trace are taken over, others are replaced")
    func identity() throws {
        var random = FastRandom(seed: 1)
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        var good: Headers = [.requestID: "abc-1", .traceparent: trace, .tracestate: "a=b"]
        RequestIdentity.apply(to: &good, using: &random)
        #expect(good[.requestID] == "abc-1" && good[.traceparent] == trace && good[.tracestate] == "a=b")

        var bad: Headers = [.requestID: "a b", .traceparent: "00-0-0-01", .tracestate: "a=b"]
        RequestIdentity.apply(to: &bad, using: &random)
        #expect(bad.values(.requestID).count == 1 && RequestID(bad[.requestID] ?? "") != nil)
        #expect(bad[.requestID] != "a b" && bad[.tracestate] == nil)
        let made = try #require(TraceContext(traceparent: bad[.traceparent] ?? ""))
        #expect(made.flags == 3)

        var none = Headers()
        RequestIdentity.apply(to: &none, using: &random)
        #expect(none.count == 2 && none[.requestID]?.utf8.count == 32)
    }
}
