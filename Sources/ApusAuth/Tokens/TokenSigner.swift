// SPDX-License-Identifier: Apache-2.0
#if JWT
    public import ApusCore
    import JWTKit

    /// Signs tokens: for tests, tools and small set-ups that are their own issuer.
    public struct TokenSigner: Sendable {
        /// The `kid` that its tokens name.
        public let keyID: String?
        public let algorithm: SignatureAlgorithm
        private let signer: any JWTAlgorithm

        /// A signer with a secret, for HS256, HS384 or HS512.
        ///
        /// - Parameter secret: at least 32, 48 or 64 bytes.
        /// - Throws: ``InvalidConfiguration``, without the secret.
        public init(
            secret: String, algorithm: SignatureAlgorithm = .hs256, keyID: String? = nil
        ) async throws(InvalidConfiguration) {
            switch await VerificationKey.secret(secret, algorithm: algorithm).verifyingAlgorithm() {
            case .success(let signer): self.init(signer, algorithm, keyID)
            case .failure(let problem): throw InvalidConfiguration([ConfigurationProblem("secret", problem.message)])
            }
        }

        /// A signer with a private key in PEM.
        ///
        /// - Throws: ``InvalidConfiguration``, without the key.
        public init(
            privateKey pem: String, algorithm: SignatureAlgorithm, keyID: String? = nil
        ) async throws(InvalidConfiguration) {
            let collection = JWTKeyCollection()
            do {
                switch algorithm {
                case .es256: await collection.add(ecdsa: try ES256PrivateKey(pem: pem))
                case .es384: await collection.add(ecdsa: try ES384PrivateKey(pem: pem))
                case .es512: await collection.add(ecdsa: try ES512PrivateKey(pem: pem))
                case .eddsa: await collection.add(eddsa: try EdDSA.PrivateKey(pem: pem))
                case .hs256, .hs384, .hs512:
                    throw KeyProblem("\(algorithm.rawValue) needs a secret, not a key in PEM")
                default: await collection.add(rsa: try Insecure.RSA.PrivateKey(pem: pem), for: algorithm)
                }
                self.init(try await collection.getKey(), algorithm, keyID)
            } catch let problem as KeyProblem {
                throw InvalidConfiguration([ConfigurationProblem("privateKey", problem.message)])
            } catch {
                throw InvalidConfiguration([
                    ConfigurationProblem("privateKey", "is not a private key for \(algorithm.rawValue)")
                ])
            }
        }

        private init(_ signer: any JWTAlgorithm, _ algorithm: SignatureAlgorithm, _ keyID: String?) {
            self.signer = signer
            self.algorithm = algorithm
            self.keyID = keyID
        }

        /// A token of the common claims.
        ///
        /// - Parameters:
        ///   - subject: `sub`.
        ///   - scopes: `scope`.
        ///   - lifetime: until `exp`, from now.
        ///   - issuer: `iss`, if any.
        ///   - audience: `aud`, if any.
        ///   - clock: where `iat` and `exp` come from.
        public func token(
            subject: String, scopes: [String] = [], lifetime: Duration = .seconds(3_600), issuer: String? = nil,
            audience: String? = nil, clock: WallClock = .system
        ) throws -> String {
            let now = Int64(clock.now)
            var claims: [String: ClaimValue] = [
                "sub": .string(subject), "iat": .integer(now), "exp": .integer(now + Int64(lifetime.seconds)),
            ]
            if !scopes.isEmpty { claims["scope"] = .string(scopes.joined(separator: " ")) }
            if let issuer { claims["iss"] = .string(issuer) }
            if let audience { claims["aud"] = .string(audience) }
            return try sign(claims)
        }

        /// A token of any claims.
        ///
        /// - Parameters:
        ///   - claims: the payload, as it is.
        ///   - header: members of the header that come on top of `alg`, `typ` and `kid` or replace them.
        public func sign(_ claims: [String: ClaimValue], header: [String: ClaimValue] = [:]) throws -> String {
            var members: [String: ClaimValue] = ["alg": .string(algorithm.rawValue), "typ": .string("JWT")]
            if let keyID { members["kid"] = .string(keyID) }
            members.merge(header) { _, given in given }
            return try sign(header: ClaimsWriter.json(members), payload: ClaimsWriter.json(claims))
        }

        func sign(header: [UInt8], payload: [UInt8]) throws -> String {
            let text = Base64URL.encode(header) + "." + Base64URL.encode(payload)
            return text + "." + Base64URL.encode(try signer.sign(Array(text.utf8)))
        }
    }

    extension TokenSigner: CustomStringConvertible, CustomReflectable {
        public var description: String { "\(algorithm.rawValue) signer \(keyID.map { "\"\($0)\"" } ?? "without id")" }

        /// Shows what `description` shows, so that a dump doesn't give the key away either.
        public var customMirror: Mirror { Mirror(self, children: ["keyID": keyID as Any, "algorithm": algorithm]) }
    }
#endif
