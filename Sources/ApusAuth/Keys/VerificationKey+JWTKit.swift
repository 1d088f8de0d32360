// SPDX-License-Identifier: Apache-2.0
#if JWT
    import ApusCore
    import JWTKit

    extension VerificationKey {
        /// What verifies signatures of this key, or what is wrong with it.
        ///
        /// jwt-kit hands its algorithms out through an actor only. They are taken out once, here, so that verifying is
        /// a plain call without a hop, and so that jwt-kit's fallback to a default key is never in play.
        func verifyingAlgorithm() async -> Result<any JWTAlgorithm, KeyProblem> {
            if let problem { return .failure(problem) }
            do {
                let made = try await JWTKeyCollection.algorithm(material, algorithm)
                guard made.name == algorithm.rawValue else { return .failure(unreadable) }
                return .success(made)
            } catch {
                // The cause may quote the key.
                return .failure(unreadable)
            }
        }

        private var unreadable: KeyProblem {
            KeyProblem(
                algorithm.family == .rsa
                    ? "is not a public RSA key of at least 2048 bits" : "is not a public key for \(algorithm.rawValue)")
        }

        private var problem: KeyProblem? {
            switch material {
            case .secret(let secret):
                if algorithm.family != .hmac {
                    return KeyProblem("\(algorithm.rawValue) needs a public key, not a secret")
                }
                if secret.starts(with: "-----BEGIN".utf8) {
                    return KeyProblem("is a key in PEM, not a secret: who knows a public key could sign with it")
                }
                if secret.count < algorithm.minimumSecretBytes {
                    return KeyProblem(
                        "must have at least \(algorithm.minimumSecretBytes) bytes for \(algorithm.rawValue)")
                }
            case .pem(let pem):
                if algorithm.family == .hmac {
                    return KeyProblem("\(algorithm.rawValue) needs a secret, not a key in PEM")
                }
                if pem.contains("PRIVATE KEY") {
                    return KeyProblem("is a private key, which a verifier must not hold")
                }
            case .rsa, .point, .edwards:
                break
            }
            return nil
        }
    }

    /// What is wrong with a key, without its material.
    struct KeyProblem: Error {
        let message: String

        init(_ message: String) {
            self.message = message
        }
    }

    extension JWTKeyCollection {
        fileprivate static func algorithm(
            _ material: VerificationKey.Material, _ algorithm: SignatureAlgorithm
        ) async throws -> any JWTAlgorithm {
            let collection = JWTKeyCollection()
            switch material {
            case .secret(let secret):
                await collection.add(hmac: HMACKey(from: secret), digestAlgorithm: algorithm.digest)
            case .pem(let pem):
                try await collection.add(pem: pem, for: algorithm)
            case .rsa(let modulus, let exponent):
                await collection.add(
                    rsa: try Insecure.RSA.PublicKey(modulus: modulus, exponent: exponent), for: algorithm)
            case .point(let x, let y):
                switch algorithm {
                case .es384: await collection.add(ecdsa: try ES384PublicKey(parameters: (x, y)))
                case .es512: await collection.add(ecdsa: try ES512PublicKey(parameters: (x, y)))
                default: await collection.add(ecdsa: try ES256PublicKey(parameters: (x, y)))
                }
            case .edwards(let x):
                await collection.add(eddsa: try EdDSA.PublicKey(x: x, curve: .ed25519))
            }
            return try await collection.getKey()
        }

        private func add(pem: String, for algorithm: SignatureAlgorithm) throws {
            let isCertificate = pem.contains("BEGIN CERTIFICATE")
            switch algorithm {
            case .es256: add(ecdsa: try isCertificate ? ES256PublicKey(certificate: pem) : ES256PublicKey(pem: pem))
            case .es384: add(ecdsa: try isCertificate ? ES384PublicKey(certificate: pem) : ES384PublicKey(pem: pem))
            case .es512: add(ecdsa: try isCertificate ? ES512PublicKey(certificate: pem) : ES512PublicKey(pem: pem))
            case .eddsa: add(eddsa: try EdDSA.PublicKey(pem: pem))
            default:
                add(
                    rsa: try isCertificate
                        ? Insecure.RSA.PublicKey(certificatePEM: pem) : Insecure.RSA.PublicKey(pem: pem),
                    for: algorithm)
            }
        }

        func add(rsa key: some RSAKey, for algorithm: SignatureAlgorithm) {
            switch algorithm {
            case .ps256, .ps384, .ps512: add(pss: key, digestAlgorithm: algorithm.digest)
            default: add(rsa: key, digestAlgorithm: algorithm.digest)
            }
        }
    }

    extension SignatureAlgorithm {
        var digest: DigestAlgorithm {
            switch self {
            case .hs384, .rs384, .ps384: .sha384
            case .hs512, .rs512, .ps512: .sha512
            default: .sha256
            }
        }
    }
#endif
