// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusHTTP
import ApusMessaging
import ApusSQL
import ApusService
import ApusTelemetry
import ApusTesting
import NIOCore
import Testing
import UsersContract

@Suite("Events between services that share a token")
struct ServiceTokenTests {
    private static let token = "a secret-of-all-services".replacing(" ", with: "-")

    private func post(_ headers: Headers, to shop: RunningShop) async throws -> (HTTPResponse, Problem) {
        let endpoint = try #require(shop.services["orders"]?.endpoint)
        let response = try await shop.http.send(
            HTTPRequest(.post, "/events", headers: headers, body: HTTPBody("{}")), to: endpoint)
        let bytes = try await response.body.collect(upTo: 10_000)
        return (response, try ContractJSON.decode(Problem.self, from: bytes.readableBytesView))
    }

    @Test("A new user becomes known to orders, and nobody without the token can tell it of one")
    func shared() async throws {
        try await RunningShop.with(environment: ["SERVICE_TOKEN": Self.token]) { shop in
            let user = try await shop.user()
            try await eventually("orders knows the customer") {
                try await shop.count("SELECT COUNT(*) FROM customers WHERE id = \(user.id)", in: "orders") == 1
            }
            var headers: Headers = [.contentType: Message.cloudEventType]
            for authorization in [nil, "Bearer wrong-wrong-wrong-wrong"] as [String?] {
                headers[.authorization] = authorization
                let (response, problem) = try await post(headers, to: shop)
                #expect(response.status == .unauthorized && problem.code == "unauthorized")
                #expect(response.headers[.wwwAuthenticate] == #"Bearer realm="events""#)
                #expect(problem.instance == "/events" && problem.requestID != nil)
            }
            headers[.authorization] = "Bearer \(Self.token)"
            #expect(try await post(headers, to: shop).0.status == .badRequest)
        }
    }

    @Test("Without a token what comes by way of a proxy is refused")
    func proxied() async throws {
        try await RunningShop.with { shop in
            let (response, problem) = try await post(
                [.contentType: Message.cloudEventType, .xForwardedFor: "10.0.0.1"], to: shop)
            #expect(response.status == .forbidden && problem.detail?.contains("SERVICE_TOKEN") == true)
        }
    }
}
