// SPDX-License-Identifier: Apache-2.0
#if JWT
    import ApusCore
    import Testing
    @testable import ApusAuth

    @Suite("The header of a token")
    struct TokenHeaderTests {
        @Test("can't choose another algorithm than the key's")
        func pinned() async throws {
            let world = try await VerifierUnderTest()
            for name in ["none", "None", "NONE", "", "HS384", "HS512", "RS256", "ES256", "hs256"] {
                #expect(try world.failure([:], header: ["alg": .string(name)]) == .unsupportedAlgorithm, "\(name)")
            }
            #expect(try world.failure([:], header: ["alg": .null]) == .malformed)
        }

        @Test("can't switch the signature off")
        func none() async throws {
            let world = try await VerifierUnderTest()
            let header = Base64URL.encode(Array(#"{"alg":"none","typ":"JWT"}"#.utf8))
            let payload = Base64URL.encode(ClaimsWriter.json(world.claims()))
            #expect(world.failure("\(header).\(payload).") == .unsupportedAlgorithm)
            #expect(world.failure("\(header).\(payload)") == .malformed)
        }

        @Test("can't make a public key into a secret")
        func confusion() async throws {
            let verifier = try await TokenVerifier(keys: [.pem(TestKeys.rsaPublic, algorithm: .rs256)])
            // The attack signs with the text of the public key, which here is long enough to be a secret.
            let forged = try await TokenSigner(secret: String(TestKeys.rsaPublic.dropFirst(10)))
                .token(subject: "mallory")
            #expect(throws: AuthFailure(.unsupportedAlgorithm, Self.otherAlgorithm)) { try verifier.verify(forged) }
        }

        private static let otherAlgorithm = "the token is signed by another algorithm than its key is for"

        @Test("can't bring its own key")
        func ownKey() async throws {
            let verifier = try await TokenVerifier(keys: [.pem(TestKeys.edPublic, algorithm: .eddsa)])
            let mallory = try await TokenSigner(privateKey: TestKeys.es256Private, algorithm: .es256)
            let token = try mallory.sign(
                ["sub": "mallory", "exp": 4_000_000_000],
                header: [
                    "alg": "EdDSA", "jwk": .object(["kty": "OKP"]), "jku": "https://mallory", "x5u": "https://mallory",
                ])
            #expect(throws: AuthFailure.self) { try verifier.verify(token) }
        }

        @Test("must name a key if there are several, and one that is known")
        func keyID() async throws {
            let time = ManualWallClock()
            let verifier = try await TokenVerifier(
                keys: [.secret(TestKeys.secret, id: "a"), .secret("other" + TestKeys.secret, id: "b")],
                clock: time.clock)
            func failure(_ id: ClaimValue?, secret: String = TestKeys.secret) async throws -> AuthFailure.Code? {
                let signer = try await TokenSigner(secret: secret)
                let token = try signer.sign(
                    ["sub": "alice", "exp": .integer(time.seconds + 60)], header: id.map { ["kid": $0] } ?? [:])
                do throws(AuthFailure) {
                    _ = try verifier.verify(token)
                    return nil
                } catch {
                    return error.code
                }
            }
            #expect(try await failure("a") == nil)
            #expect(try await failure("b", secret: "other" + TestKeys.secret) == nil)
            #expect(try await failure("b") == .wrongSignature)
            #expect(try await failure("c") == .unknownKey)
            #expect(try await failure("") == .unknownKey)
            #expect(try await failure("../a") == .unknownKey)
            #expect(try await failure(nil) == .unknownKey)
            #expect(try await failure(1) == .malformed)
        }

        @Test("may leave a single key unnamed, but not name another")
        func singleKey() async throws {
            let verifier = try await TokenVerifier(keys: [.secret(TestKeys.secret, id: "a")])
            let unnamed = try await TokenSigner(secret: TestKeys.secret).token(subject: "alice")
            #expect(try verifier.verify(unnamed).subject == "alice")
            let other = try await TokenSigner(secret: TestKeys.secret, keyID: "b").token(subject: "alice")
            #expect(throws: AuthFailure.self) { try verifier.verify(other) }
        }

        @Test("can't ask for an extension")
        func critical() async throws {
            let world = try await VerifierUnderTest()
            #expect(try world.failure([:], header: ["crit": ["b64"], "b64": .bool(false)]) == .unsupportedHeader)
            #expect(try world.failure([:], header: ["crit": []]) == .unsupportedHeader)
            #expect(try world.failure([:], header: ["crit": .null]) == .unsupportedHeader)
        }

        @Test("must be of a token, if it says its type")
        func type() async throws {
            let world = try await VerifierUnderTest()
            for type in ["JWT", "jwt", "at+jwt", "application/at+jwt"] {
                #expect(try world.failure([:], header: ["typ": .string(type)]) == nil)
            }
            for type in ["JOSE", "dpop+jwt", "logout+jwt", ""] {
                #expect(try world.failure([:], header: ["typ": .string(type)]) == .unsupportedHeader)
            }
        }
    }
#endif
