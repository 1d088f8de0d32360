// SPDX-License-Identifier: Apache-2.0
#if JWT
    import ApusCore
    import Testing
    @testable import ApusAuth

    @Suite("A verification key")
    struct KeyTests {
        private static let pems: [(algorithm: SignatureAlgorithm, privateKey: String, publicKey: String)] = [
            (.rs256, TestKeys.rsaPrivate, TestKeys.rsaPublic), (.rs384, TestKeys.rsaPrivate, TestKeys.rsaPublic),
            (.rs512, TestKeys.rsaPrivate, TestKeys.rsaPublic), (.ps256, TestKeys.rsaPrivate, TestKeys.rsaPublic),
            (.ps384, TestKeys.rsaPrivate, TestKeys.rsaPublic), (.ps512, TestKeys.rsaPrivate, TestKeys.rsaPublic),
            (.es256, TestKeys.es256Private, TestKeys.es256Public),
            (.es256, TestKeys.es256Private, TestKeys.es256Certificate),
            (.es384, TestKeys.es384Private, TestKeys.es384Public),
            (.es512, TestKeys.es512Private, TestKeys.es512Public),
            (.eddsa, TestKeys.edPrivate, TestKeys.edPublic),
        ]

        @Test("in PEM verifies what the private key signed, and nothing that was changed", arguments: pems.indices)
        func pem(_ index: Int) async throws {
            let (algorithm, privateKey, publicKey) = Self.pems[index]
            let signer = try await TokenSigner(privateKey: privateKey, algorithm: algorithm)
            let verifier = try await TokenVerifier(keys: [.pem(publicKey, algorithm: algorithm)])
            let token = try signer.token(subject: "alice", scopes: ["read"])
            #expect(try verifier.verify(token).scopes == ["read"])
            let parts = token.split(separator: ".")
            let other = try signer.token(subject: "bob", scopes: ["read"]).split(separator: ".")
            #expect(throws: AuthFailure(.wrongSignature, Self.misfit)) {
                try verifier.verify("\(parts[0]).\(other[1]).\(parts[2])")
            }
            #expect(throws: AuthFailure(.wrongSignature, Self.misfit)) {
                try verifier.verify("\(parts[0]).\(parts[1]).AAAA")
            }
        }

        private static let misfit = "the signature does not fit the token"

        @Test(
            "as a secret verifies what the same secret signed", arguments: [SignatureAlgorithm.hs256, .hs384, .hs512])
        func secret(_ algorithm: SignatureAlgorithm) async throws {
            let verifier = try await TokenVerifier(keys: [.secret(TestKeys.secret, algorithm: algorithm)])
            let good = try await TokenSigner(secret: TestKeys.secret, algorithm: algorithm).token(subject: "alice")
            let bad = try await TokenSigner(secret: TestKeys.secret + "x", algorithm: algorithm).token(subject: "alice")
            #expect(try verifier.verify(good).subject == "alice")
            #expect(throws: AuthFailure(.wrongSignature, Self.misfit)) { try verifier.verify(bad) }
        }

        @Test("verifies the HS256 example of RFC 7515, appendix A.1")
        func rfc7515() async throws {
            let keys = try VerificationKey.jwks(
                """
                {"keys": [{"kty": "oct", "alg": "HS256", "k": \
                "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}]}
                """)
            // The example has no subject, which is looked at after the signature.
            let verifier = try await TokenVerifier(keys: keys, clock: WallClock { 1_300_819_000 })
            let token =
                "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6"
                + "Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
            #expect(throws: AuthFailure(.malformed, "the token lacks a proper sub or exp claim")) {
                try verifier.verify(token)
            }
            #expect(throws: AuthFailure(.wrongSignature, Self.misfit)) { try verifier.verify(token.dropLast() + "g") }
        }

        private func problems(_ keys: VerificationKey...) async -> [String] {
            do throws(InvalidConfiguration) {
                _ = try await TokenVerifier(keys: keys)
                return []
            } catch {
                return error.problems.map(\.description)
            }
        }

        @Test("that is weak, private, of another kind or no key at all is refused, without showing it")
        func refused() async {
            let cases: [(VerificationKey, String)] = [
                (.secret("short"), "keys[0]: must have at least 32 bytes for HS256"),
                (
                    .secret(String(TestKeys.secret.prefix(47)), algorithm: .hs384),
                    "keys[0]: must have at least 48 bytes for HS384"
                ),
                (.secret(TestKeys.secret, algorithm: .rs256), "keys[0]: RS256 needs a public key, not a secret"),
                (.pem(TestKeys.rsaPublic, algorithm: .hs256), "keys[0]: HS256 needs a secret, not a key in PEM"),
                (
                    .pem(TestKeys.rsaPrivate, algorithm: .rs256),
                    "keys[0]: is a private key, which a verifier must not hold"
                ),
                (
                    .pem(TestKeys.rsaTooSmall, algorithm: .rs256),
                    "keys[0]: is not a public RSA key of at least 2048 bits"
                ),
                (.pem(TestKeys.rsaPublic, algorithm: .es256), "keys[0]: is not a public key for ES256"),
                (.pem(TestKeys.es384Public, algorithm: .es256), "keys[0]: is not a public key for ES256"),
                (.pem("SECRET", algorithm: .eddsa), "keys[0]: is not a public key for EdDSA"),
            ]
            for (key, expected) in cases { #expect(await problems(key) == [expected]) }
            let publicAsSecret = await problems(.secret(TestKeys.rsaPublic))
            #expect(publicAsSecret.count == 1 && publicAsSecret[0].contains("not a secret"))
        }

        @Test("needs an id of its own among others")
        func identities() async {
            #expect(await problems().first?.hasPrefix("keys:") == true)
            let anonymous = await problems(.secret(TestKeys.secret), .secret(TestKeys.secret, id: "a"))
            #expect(anonymous == ["keys[0].id: is needed where there are several keys"])
            let twice = await problems(.secret(TestKeys.secret, id: "a"), .secret(TestKeys.secret, id: "a"))
            #expect(twice == ["keys[1].id: is the id of another key too"])
        }

        @Test("shows its id and algorithm and never its material")
        func redacted() async throws {
            let key = VerificationKey.secret(TestKeys.secret, id: "main")
            let signer = try await TokenSigner(secret: TestKeys.secret, keyID: "main")
            var dumped = ""
            dump(key, to: &dumped)
            dump(signer, to: &dumped)
            for text in ["\(key)", String(reflecting: key), "\(signer)", String(reflecting: signer), dumped] {
                #expect(!text.contains("0123456789"))
                #expect(!text.contains("48, 49, 50"), "as bytes")
            }
            #expect("\(key)" == "HS256 key \"main\"")
        }
    }
#endif
