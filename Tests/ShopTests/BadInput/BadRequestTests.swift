// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusHTTP
import ApusRuntime
import ApusSQL
import ApusService
import NIOCore
import Testing
import UsersContract

/// What a running service with its default limits makes of requests that are no good.
@Suite("Requests that are no good", .timeLimit(.minutes(1)))
struct BadRequestTests {
    private func send(
        _ method: HTTPMethod, _ target: String, _ headers: Headers = [:], _ body: String = "", to shop: RunningShop
    ) async throws -> (HTTPStatus, Problem) {
        let endpoint = try #require(shop.services["users"]?.endpoint)
        var headers = headers
        if !body.isEmpty { headers[.contentType] = "application/json" }
        let response = try await shop.http.send(
            HTTPRequest(method, target, headers: headers, body: body.isEmpty ? .empty : HTTPBody(body)), to: endpoint)
        let bytes = try await response.body.collect(upTo: 1 << 20)
        return (response.status, try ContractJSON.decode(Problem.self, from: bytes.readableBytesView))
    }

    @Test(
        "Each body is refused for what is wrong with it",
        arguments: [
            ("{\n \"name\": }", 400, "The body is not JSON: line 2, column 10: a value is expected.", []),
            (
                #"{"name":"a","name":"b","email":"a@example.test"}"#, 400,
                "The body is not JSON: line 1, column 13: the object has a member of this name already.", []
            ),
            (#"{"name":1,"email":[]}"#, 422, "2 fields are not valid.", ["/name type", "/email type"]),
            (
                #"{"name":"","email":"nobody"}"#, 422, "2 fields are not valid.",
                ["/name length", "/name blank", "/email email"]
            ),
        ] as [(String, Int, String, [String])])
    func bodies(body: String, status: Int, detail: String, violations: [String]) async throws {
        try await RunningShop.with { shop in
            let (answered, problem) = try await send(.post, "/v1/users", [:], body, to: shop)
            #expect(answered.code == status && problem.status == status)
            #expect(problem.detail == detail)
            #expect((problem.errors ?? []).map { "\($0.field) \($0.code)" } == violations)
        }
    }

    @Test("A change to null says what to do instead")
    func null() async throws {
        try await RunningShop.with { shop in
            let user = try await shop.user()
            let (status, problem) = try await send(
                .patch, "/v1/users/\(user.id)", [:], #"{"name":null,"email":"new@example.test"}"#, to: shop)
            #expect(status.code == 422)
            #expect(problem.errors?.map(\.message) == ["must not be null; leave it out to keep what is there"])
        }
    }

    @Test("An unknown id is 404, one that is none 422")
    func ids() async throws {
        try await RunningShop.with { shop in
            let unknown = try await send(.get, "/v1/users/999", to: shop).1
            #expect(unknown.status == 404 && unknown.code == "not_found")
            let none = try await send(.get, "/v1/users/abc", to: shop).1
            #expect(none.status == 422 && none.errors?.map(\.field) == ["id"])
        }
    }

    @Test("A body beyond the limit is 413")
    func largeBody() async throws {
        try await RunningShop.with { shop in
            let body = #"{"name":""# + String(repeating: "x", count: 1 << 20) + #"","email":"a@example.test"}"#
            let (status, problem) = try await send(.post, "/v1/users", [:], body, to: shop)
            #expect(status == .contentTooLarge && problem.code == "body_too_large")
            #expect(try await shop.count("SELECT COUNT(*) FROM users", in: "users") == 0)
        }
    }

    @Test("A header and a target beyond the limits are 431 and 414")
    func largeHead() async throws {
        try await RunningShop.with { shop in
            let endpoint = try #require(shop.services["users"]?.endpoint)
            let long = String(repeating: "x", count: 100_000)
            let header = try await shop.http.send(
                HTTPRequest(.get, "/v1/users", headers: ["X-Long": long]), to: endpoint)
            #expect(header.status.code == 431)
            let target = try await shop.http.send(HTTPRequest(.get, "/v1/users?cursor=\(long)"), to: endpoint)
            #expect(target.status.code == 414)
        }
    }

    @Test("A body shorter than announced makes nothing, and its connection ends")
    func shortBody() async throws {
        try await RunningShop.with { shop in
            let body = #"{"name":"Ada","email":"ada@example.test"}"#
            let port = try #require(shop.services["users"]?.host.runtime.addresses.first?.port)
            let socket = try RawSocket(port: port)
            try socket.send(
                "POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count + 1)\r\n\r\n\(body)")
            socket.endSending()
            let answer = try socket.readToEnd()
            #expect(!answer.contains("201"), "\(answer)")
            #expect(try await shop.count("SELECT COUNT(*) FROM users", in: "users") == 0)
        }
    }
}
