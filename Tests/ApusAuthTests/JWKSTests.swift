// SPDX-License-Identifier: Apache-2.0
#if JWT
    import ApusAuth
    import ApusCore
    import Testing

    @Suite("A JSON web key set")
    struct JWKSTests {
        private func keys(_ entries: String..., rsa: SignatureAlgorithm? = nil) throws -> [VerificationKey] {
            try VerificationKey.jwks("{\"keys\": [\(entries.joined(separator: ", "))]}", rsaAlgorithm: rsa)
        }

        private func problems(_ json: String) -> [String] {
            do throws(InvalidConfiguration) {
                _ = try VerificationKey.jwks(json)
                return []
            } catch {
                return error.problems.map(\.description)
            }
        }

        @Test("verifies what its private keys signed, each with its algorithm")
        func verifies() async throws {
            let keys = try keys(
                TestKeys.rsaJWK, TestKeys.es256JWK, TestKeys.es384JWK, TestKeys.es512JWK, TestKeys.edJWK, rsa: .ps256)
            #expect(keys.map(\.algorithm) == [.ps256, .es256, .es384, .es512, .eddsa])
            let verifier = try await TokenVerifier(keys: keys)
            let signers: [(String, String, SignatureAlgorithm)] = [
                (TestKeys.rsaPrivate, "rsa", .ps256), (TestKeys.es256Private, "es256", .es256),
                (TestKeys.es384Private, "es384", .es384), (TestKeys.es512Private, "es512", .es512),
                (TestKeys.edPrivate, "ed", .eddsa),
            ]
            for (key, id, algorithm) in signers {
                let signer = try await TokenSigner(privateKey: key, algorithm: algorithm, keyID: id)
                #expect(try verifier.verify(signer.token(subject: id)).subject == id)
            }
        }

        @Test("doesn't let RSA keys change between their algorithms")
        func pinnedRSA() async throws {
            let verifier = try await TokenVerifier(keys: keys(TestKeys.rsaJWK, rsa: .rs256))
            for algorithm in [SignatureAlgorithm.rs384, .rs512, .ps256] {
                let signer = try await TokenSigner(privateKey: TestKeys.rsaPrivate, algorithm: algorithm, keyID: "rsa")
                let token = try signer.token(subject: "alice")
                do throws(AuthFailure) {
                    _ = try verifier.verify(token)
                    Issue.record("was accepted")
                } catch {
                    #expect(error.code == .unsupportedAlgorithm)
                }
            }
        }

        @Test("passes over keys that don't sign tokens")
        func passesOver() throws {
            let keys = try keys(
                #"{"kty": "RSA", "use": "enc"}"#, #"{"kty": "RSA", "alg": "RSA-OAEP", "n": "x", "e": "x"}"#,
                #"{"kty": "future", "x": 1}"#, #"{"kty": "EC", "crv": "secp256k1"}"#,
                #"{"kty": "OKP", "crv": "X25519"}"#,
                #"{"kty": "EC", "crv": "P-256", "key_ops": ["sign"]}"#, TestKeys.edJWK)
            #expect(keys.map(\.id) == ["ed"])
        }

        @Test("names every problem")
        func problems() {
            #expect(problems("") == ["jwks: is not proper JSON"])
            #expect(problems("{}") == ["keys: must be an array of keys"])
            #expect(problems(#"{"keys": {}}"#) == ["keys: must be an array of keys"])
            #expect(problems(#"{"keys": []}"#) == ["keys: holds no key that signs tokens"])
            #expect(problems(#"{"keys": [1]}"#) == ["keys[0]: must be an object"])
            let several = problems(
                """
                {"keys": [\(TestKeys.rsaJWK), {"kty": "EC", "crv": "P-256", "x": "AA"}, \
                {"kty": "EC", "crv": "P-256", "alg": "ES384"}, {"kty": "OKP", "crv": "Ed25519", "x": "", "d": "AA"}, \
                {"kty": "oct", "k": "AA"}, {"kty": "RSA", "alg": "RS256", "n": "A=", "e": "AQAB"}]}
                """)
            #expect(
                several == [
                    "keys[0].alg: must say the algorithm that the key is for",
                    "keys[1].x: must be base64url of 32 bytes",
                    "keys[2].alg: ES384 doesn't fit the type of the key",
                    "keys[3].d: is a private key, which a verifier must not hold",
                    "keys[4].alg: must say the algorithm that the key is for", "keys[5].n: must be base64url",
                ])
        }

        @Test("with a point that isn't on the curve is refused by the verifier")
        func pointOffCurve() async throws {
            let zeros = String(repeating: "A", count: 43)
            let keys = try keys(#"{"kty": "EC", "crv": "P-256", "x": "\#(zeros)", "y": "\#(zeros)"}"#)
            await #expect(throws: InvalidConfiguration.self) { try await TokenVerifier(keys: keys) }
        }
    }
#endif
