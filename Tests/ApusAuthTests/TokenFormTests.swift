// SPDX-License-Identifier: Apache-2.0
#if JWT
    import ApusCore
    import Testing
    @testable import ApusAuth

    @Suite("The form of a token")
    struct TokenFormTests {
        @Test(
            "is refused if it isn't three parts of base64url",
            arguments: ["", ".", "..", "...", "a", "a.b", "a.b.c", "a.b.c.d", "e30.e30.e30", "é.é.é", "\0", " "])
        func parts(_ token: String) async throws {
            let world = try await VerifierUnderTest()
            #expect(world.failure(token) == .malformed)
        }

        @Test("is refused if any byte of it changes")
        func changes() async throws {
            let world = try await VerifierUnderTest()
            let token = Array(try world.token().utf8)
            for index in token.indices {
                var changed = token
                changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
                let failure = world.failure(String(decoding: changed, as: UTF8.self))
                #expect(failure != nil, "byte \(index)")
            }
            for length in 0..<token.count {
                #expect(world.failure(String(decoding: token[..<length], as: UTF8.self)) != nil, "\(length) bytes")
            }
        }

        @Test("is refused with padding, spaces or anything behind it")
        func additions() async throws {
            let world = try await VerifierUnderTest()
            let token = try world.token()
            for text in [token + "=", token + " ", " " + token, token + "\n", token + ".", token + "A"] {
                #expect(world.failure(text) != nil)
            }
        }

        @Test("is refused above 8 KiB, before anything else")
        func size() async throws {
            let world = try await VerifierUnderTest()
            let token = try world.token(["filler": .string(String(repeating: "x", count: 5_900))])
            #expect(token.utf8.count <= 8_192)
            #expect(world.failure(token) == nil)
            let large = try world.token(["filler": .string(String(repeating: "x", count: 6_200))])
            #expect(large.utf8.count > 8_192)
            #expect(world.failure(large) == .malformed)
        }

        @Test(
            "is refused with JSON that could be read in two ways, though well signed",
            arguments: [
                #"{"sub":"alice","exp":4000000000,"sub":"bob"}"#, #"{"sub":"alice","exp":4000000000,"s\u0075b":"bob"}"#,
                #"{"sub":"alice","exp":4000000000}{}"#, #"{"sub":"alice","exp":4000000000,}"#, "[]", "null", "",
                #"{"sub":"alice","exp":4e999}"#, #"{"sub":"alice","exp":NaN}"#, #"{"sub":"alice","exp":04000000000}"#,
                #"{"sub":"al\ud800ice","exp":4000000000}"#, #"{sub:"alice","exp":4000000000}"#,
                #"{"sub":"alice","exp":4000000000,"a":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}"#,
            ])
        func json(_ payload: String) async throws {
            let world = try await VerifierUnderTest()
            let token = try world.signer.sign(header: Array(#"{"alg":"HS256"}"#.utf8), payload: Array(payload.utf8))
            #expect(world.failure(token) == .malformed)
        }

        @Test("never leaks into a failure")
        func leaks() async throws {
            let world = try await VerifierUnderTest(TokenRules(issuer: "https://issuer", audiences: ["shop"]))
            let claims: [[String: ClaimValue?]] = [
                ["sub": "SECRET", "iss": "SECRET"], ["exp": "SECRET"], ["iss": "https://issuer", "aud": "SECRET"],
            ]
            for change in claims {
                let token = try world.token(change)
                do throws(AuthFailure) {
                    _ = try world.verifier.verify(token)
                    Issue.record("was accepted")
                } catch {
                    #expect(!"\(error)".contains("SECRET"))
                    #expect(!error.challenge(realm: "apus").contains("SECRET"))
                }
            }
        }
    }

    @Suite("Verified tokens")
    struct VerifiedTokensTests {
        @Test("are remembered until they expire")
        func remembered() async throws {
            let world = try await VerifierUnderTest(TokenRules(leeway: .seconds(10)))
            let token = try world.token(["exp": .integer(world.time.seconds + 100)])
            for _ in 0..<5 { #expect(try world.verifier.verify(token).subject == "alice") }
            #expect(world.verifier.statistics == (cached: 1, hits: 4))
            world.time.advance(bySeconds: 109)
            #expect(world.failure(token) == nil)
            world.time.advance(bySeconds: 1)
            #expect(world.failure(token) == .expired)
        }

        @Test("are bounded, the oldest goes first")
        func bounded() async throws {
            let world = try await VerifierUnderTest(cachedTokens: 10)
            let tokens = try (0..<25).map { try world.token(["sub": .string("user \($0)")]) }
            for token in tokens { _ = try world.verifier.verify(token) }
            #expect(world.verifier.statistics.cached == 10)
            for (index, token) in tokens.enumerated().reversed() {
                #expect(try world.verifier.verify(token).subject == "user \(index)")
                if index == 15 { #expect(world.verifier.statistics.hits == 10) }
            }
        }

        @Test("don't include the ones that were refused")
        func refused() async throws {
            let world = try await VerifierUnderTest(TokenRules(audiences: ["shop"]))
            for _ in 0..<3 { #expect(try world.failure([:]) == .wrongAudience) }
            #expect(world.verifier.statistics == (cached: 0, hits: 0))
        }

        @Test("can be off")
        func off() async throws {
            let world = try await VerifierUnderTest(cachedTokens: 0)
            let token = try world.token()
            for _ in 0..<3 { _ = try world.verifier.verify(token) }
            #expect(world.verifier.statistics == (cached: 0, hits: 0))
        }
    }
#endif
