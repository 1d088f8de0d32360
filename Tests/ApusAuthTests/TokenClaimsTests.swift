// SPDX-License-Identifier: Apache-2.0
#if JWT
    import ApusAuth
    import ApusCore
    import Testing

    @Suite("The claims of a token")
    struct TokenClaimsTests {
        @Test("make the principal")
        func principal() async throws {
            let world = try await VerifierUnderTest()
            let token = try world.token([
                "iss": "https://issuer", "aud": ["shop", "admin"], "scope": "orders:read orders:write", "tenant": 7,
            ])
            let principal = try world.verifier.verify(token)
            #expect(principal.subject == "alice")
            #expect(principal.issuer == "https://issuer")
            #expect(principal.audiences == ["shop", "admin"])
            #expect(principal.scopes == ["orders:read", "orders:write"])
            #expect(principal.expiresAt == Double(world.time.seconds + 3_600))
            #expect(principal.claims["tenant"] == 7)
        }

        @Test("give scopes as scope or scp, as a text or an array")
        func scopes() async throws {
            let world = try await VerifierUnderTest()
            func scopes(_ claims: [String: ClaimValue?]) throws -> Set<String> {
                try world.verifier.verify(world.token(claims)).scopes
            }
            #expect(try scopes(["scope": "a  b "]) == ["a", "b"])
            #expect(try scopes(["scope": ["a", "b"]]) == ["a", "b"])
            #expect(try scopes(["scp": ["a", "b"]]) == ["a", "b"])
            #expect(try scopes(["scp": "a b"]) == ["a", "b"])
            #expect(try scopes(["scope": "a", "scp": "b"]) == ["a"])
            #expect(try scopes([:]) == [])
            #expect(try world.failure(["scope": 1]) == .malformed)
            #expect(try world.failure(["scope": ["a", 1]]) == .malformed)
        }

        @Test("must have a subject and an expiry")
        func required() async throws {
            let world = try await VerifierUnderTest()
            #expect(try world.failure(["exp": nil]) == .malformed)
            #expect(try world.failure(["exp": "1900000000"]) == .malformed)
            #expect(try world.failure(["exp": .null]) == .malformed)
            #expect(try world.failure(["sub": nil]) == .malformed)
            #expect(try world.failure(["sub": ""]) == .malformed)
            #expect(try world.failure(["sub": 5]) == .malformed)
        }

        @Test("expire at exp plus leeway, that moment included")
        func expiry() async throws {
            let world = try await VerifierUnderTest(TokenRules(leeway: .seconds(30)), cachedTokens: 0)
            let now = world.time.seconds
            #expect(try world.failure(["exp": .integer(now - 29)]) == nil)
            #expect(try world.failure(["exp": .integer(now - 30)]) == .expired)
            #expect(try world.failure(["exp": .number(Double(now) - 29.5)]) == nil)
            #expect(try world.failure(["exp": .number(Double(now) - 30.5)]) == .expired)
            #expect(try world.failure(["exp": -1]) == .expired)
        }

        @Test("are valid from nbf and iat minus leeway on", arguments: ["nbf", "iat"])
        func notBefore(_ claim: String) async throws {
            let world = try await VerifierUnderTest(TokenRules(leeway: .seconds(30)))
            let now = world.time.seconds
            #expect(try world.failure([claim: .integer(now + 30)]) == nil)
            #expect(try world.failure([claim: .integer(now + 31)]) == .notYetValid)
            #expect(try world.failure([claim: "soon"]) == .malformed)
        }

        @Test("must name the exact issuer")
        func issuer() async throws {
            let world = try await VerifierUnderTest(TokenRules(issuer: "https://issuer"))
            #expect(try world.failure(["iss": "https://issuer"]) == nil)
            #expect(try world.failure(["iss": "https://issuer/"]) == .wrongIssuer)
            #expect(try world.failure(["iss": "HTTPS://issuer"]) == .wrongIssuer)
            #expect(try world.failure([:]) == .wrongIssuer)
            #expect(try world.failure(["iss": ["https://issuer"]]) == .malformed)
        }

        @Test("must name any one of the audiences")
        func audience() async throws {
            let world = try await VerifierUnderTest(TokenRules(audiences: ["shop", "admin"]))
            #expect(try world.failure(["aud": "shop"]) == nil)
            #expect(try world.failure(["aud": ["other", "admin"]]) == nil)
            #expect(try world.failure(["aud": "Shop"]) == .wrongAudience)
            #expect(try world.failure(["aud": "shop admin"]) == .wrongAudience)
            #expect(try world.failure(["aud": []]) == .wrongAudience)
            #expect(try world.failure([:]) == .wrongAudience)
            #expect(try world.failure(["aud": ["shop", 1]]) == .malformed)
        }

        @Test("have rules that name what is wrong with them")
        func rules() {
            #expect(TokenRules().validate().isEmpty)
            #expect(TokenRules(leeway: .seconds(61)).validate().map(\.key) == ["leeway"])
            #expect(TokenRules(leeway: .seconds(-1)).validate().map(\.key) == ["leeway"])
            let wrong = TokenRules(issuer: "", audiences: ["a", ""], maximumBytes: 8_193)
            #expect(wrong.validate().map(\.key) == ["issuer", "audiences", "maximumBytes"])
        }
    }
#endif
