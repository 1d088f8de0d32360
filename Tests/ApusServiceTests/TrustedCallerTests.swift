// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusHTTP
import ApusRuntime
import Testing

@testable import ApusService

@Suite("Who may use a route that isn't for everybody")
struct TrustedCallerTests {
    private static let token = "0123456789abcdef"

    private func status(_ token: String?, from address: String, _ headers: Headers = [:]) -> Int? {
        var request = HTTPRequest(.post, "/events", headers: headers)
        request.connection.remoteAddress = address
        let callers = TrustedCaller(token: token.map { Secret($0) }, deed: "Events are taken")
        return callers.refusal(of: request)?.status
    }

    @Test(
        "Without a token: processes of the same machine, not by way of a proxy",
        arguments: [
            ("127.0.0.1", [:], nil), ("127.9.9.9", [:], nil), ("::1", [:], nil), ("::ffff:127.0.0.1", [:], nil),
            ("unix", [:], nil), ("10.0.0.1", [:], 403), ("2001:db8::1", [:], 403), ("::ffff:10.0.0.1", [:], 403),
            ("unknown", [:], 403), ("128.0.0.1", [:], 403), ("127.0.0.1", ["X-Forwarded-For": "10.0.0.1"], 403),
            ("127.0.0.1", ["Forwarded": "for=10.0.0.1"], 403), ("::1", ["Via": "1.1 x"], 403),
        ] as [(String, Headers, Int?)])
    func withoutToken(address: String, headers: Headers, expected: Int?) {
        #expect(status(nil, from: address, headers) == expected)
    }

    @Test(
        "With a token: whoever has it, wherever they are, and nobody else",
        arguments: [
            ("Bearer 0123456789abcdef", nil), ("bearer 0123456789abcdef", nil), ("Bearer 0123456789abcdeF", 401),
            ("Bearer 0123456789abcde", 401), ("Bearer 0123456789abcdef0", 401), ("0123456789abcdef", 401),
            ("Basic 0123456789abcdef", 401), ("", 401),
        ] as [(String, Int?)])
    func withToken(authorization: String, expected: Int?) {
        #expect(status(Self.token, from: "10.0.0.1", ["Authorization": authorization]) == expected)
        #expect(status(Self.token, from: "127.0.0.1", ["Authorization": authorization]) == expected)
    }

    @Test("A token must come once")
    func repeated() {
        var headers: Headers = ["Authorization": "Bearer \(Self.token)"]
        headers.append(.authorization, "Bearer \(Self.token)")
        #expect(status(Self.token, from: "127.0.0.1", headers) == 401)
        #expect(status(Self.token, from: "127.0.0.1") == 401)
    }
}
