// SPDX-License-Identifier: Apache-2.0
#if JWT
    import ApusCore
    import ApusHTTP
    import Foundation
    import Testing

    /// `apus up --manifest apus.secure.yaml`, as it stands in the repository.
    @Suite("The secured shop as processes", .serialized)
    struct SecuredShopTests {
        @Test("TLS, tokens with scopes and limits: 401, 403, 201, 200, 429", .timeLimit(.minutes(1)))
        func secured() async throws {
            try await SecuredShop.with { (secured) async throws in
                #expect(secured.shop.url.hasPrefix("https://"))
                try await tokens(secured)
                try await scopes(secured)
                try await limits(secured)
                try await strangers(secured)
            }
        }

        private func tokens(_ secured: SecuredShop) async throws {
            let forged = try await secured.token("users:read", isForged: true)
            for token in [nil, "nonsense", forged] {
                let (response, text) = try await secured.send(.get, "/v1/users", token: token)
                #expect(response.status == 401, "\(text)")
                #expect(response.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
                #expect(response.headers[.contentType] == "application/problem+json")
            }
        }

        private func scopes(_ secured: SecuredShop) async throws {
            let read = try await secured.token("users:read")
            let write = try await secured.token("users:write", "products:write")
            let ada = #"{"name": "Ada", "email": "ada@example.test"}"#
            for (method, token) in [(HTTPMethod.post, read), (.get, write)] {
                let (response, text) = try await secured.send(
                    method, "/v1/users", token: token, json: method == .post ? ada : nil)
                #expect(response.status == 403 && text.contains("insufficient_scope"), "\(text)")
            }
            let (made, text) = try await secured.send(.post, "/v1/users", token: write, json: ada)
            #expect(made.status == 201, "\(text)")
            let location = try #require(made.headers[.location])
            let (found, body) = try await secured.send(.get, location, token: read)
            #expect(found.status == 200 && body.contains("ada@example.test"), "\(body)")
            let (orders, _) = try await secured.send(.get, "/v1/orders/1", token: read)
            #expect(orders.status == 403)
        }

        /// Writing is limited to 20 a second for each subject.
        private func limits(_ secured: SecuredShop) async throws {
            let token = try await secured.token("users:write", subject: "hasty")
            let limited = try await withThrowingTaskGroup(of: (HTTPResponse, String)?.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        for _ in 0..<100 {
                            let answer = try await secured.send(.post, "/v1/users", token: token, json: "{}")
                            if answer.response.status == 429 { return answer }
                            #expect(answer.response.status == 422)
                        }
                        return nil
                    }
                }
                let answers = try await group.reduce(into: []) { $0.append($1) }
                return answers.compactMap { $0 }.first
            }
            let (response, text) = try #require(limited, "no request was refused")
            #expect(Int(response.headers[.retryAfter] ?? "").map { $0 >= 1 } == true)
            #expect(text.contains("rate_limited"))
            let other = try await secured.token("users:write", subject: "patient")
            #expect(try await secured.send(.post, "/v1/users", token: other, json: "{}").response.status == 422)
        }

        private func strangers(_ secured: SecuredShop) async throws {
            let loops = EventLoops(count: 1)
            let distrustful = HTTPClient(loops: loops)
            await #expect(throws: CallFailure.self, "the system knows this authority") {
                try await distrustful.send(HTTPRequest(.get, "/v1/users"), to: secured.shop.gateway)
            }
            await distrustful.shutdown()
            try await loops.shutdown()
        }
    }
#endif
