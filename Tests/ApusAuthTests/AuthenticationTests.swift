// SPDX-License-Identifier: Apache-2.0
#if JWT
    import ApusAuth
    import Testing

    @Suite("Authentication")
    struct AuthenticationTests {
        @Test("goes from the header to the principal and its scopes")
        func whole() async throws {
            let world = try await VerifierUnderTest()
            let token = try world.token(["scope": "orders:read"])
            let principal = try world.verifier.authenticate(authorization: ["Bearer \(token)"])
            #expect(principal.subject == "alice")
            try principal.require(scopes: [])
            try principal.require(scopes: ["orders:read"])
            #expect(principal.has(scopes: ["orders:read"]))
            #expect(!principal.has(scopes: ["orders:read", "orders:write"]))
            #expect(!principal.has(scopes: ["orders"]))
        }

        @Test("answers 403 and names the scopes that are needed")
        func insufficientScope() async throws {
            let world = try await VerifierUnderTest()
            let principal = try world.verifier.verify(world.token())
            do throws(AuthFailure) {
                try principal.require(scopes: ["orders:read", "orders:write"])
                Issue.record("was let in")
            } catch {
                #expect(error.code == .insufficientScope)
                #expect(error.status == 403)
                let expected =
                    #"Bearer realm="shop", error="insufficient_scope", "#
                    + #"error_description="the token lacks a scope", scope="orders:read orders:write""#
                #expect(error.challenge(realm: "shop") == expected)
            }
        }

        @Test("answers 401 and invalid_token to a bad token")
        func invalidToken() async throws {
            let world = try await VerifierUnderTest()
            let token = try world.token(["exp": 1])
            do throws(AuthFailure) {
                _ = try world.verifier.authenticate(authorization: ["Bearer \(token)"])
                Issue.record("was let in")
            } catch {
                #expect(error.status == 401)
                let expected =
                    #"Bearer realm="shop", error="invalid_token", error_description="the token has expired""#
                #expect(error.challenge(realm: "shop") == expected)
                #expect("\(error)" == "expired: the token has expired")
            }
        }
    }
#endif
