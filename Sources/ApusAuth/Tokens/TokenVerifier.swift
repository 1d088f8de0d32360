// SPDX-License-Identifier: Apache-2.0
#if JWT
    public import ApusCore
    import JWTKit
    import Synchronization

    /// Verifies bearer tokens: JSON web tokens (RFC 7519) signed by one of a fixed set of keys.
    ///
    /// The keys are a snapshot: new keys make a new verifier. Verifying is a plain call without I/O that an event loop
    /// can make; it takes tens of microseconds for a signature and less than one for a token that was verified before.
    ///
    /// What is refused before the signature is looked at: more than 8 KiB, another form than three parts of canonical
    /// base64url, JSON that could be read in two ways, an `alg` other than the one its key is pinned to (so `none`, and
    /// HS256 with a public key), any `crit`, an unknown `kid` or none where there are several keys, another `typ` than
    /// a token's. `jku`, `jwk`, `x5u` and `x5c` are never looked at. Sources: RFC 7515, 7519, 8725 and 9068.
    public final class TokenVerifier: Sendable {
        private struct Key: Sendable {
            let algorithm: SignatureAlgorithm
            let verifier: any JWTAlgorithm
        }

        private let keysByID: [String: Key]
        /// The one key that there is, if it has no id.
        private let anonymousKey: Key?
        private let rules: TokenRules
        private let leeway: Double
        private let clock: WallClock
        private let verified: Mutex<VerifiedTokens>

        /// - Parameters:
        ///   - keys: at least one. If there are several, each has an id of its own, and tokens must name it. A single
        ///     key without an id verifies tokens whatever key they name.
        ///   - rules: what tokens must say.
        ///   - cachedTokens: how many verified tokens are remembered until they expire. Default 1,024, 0 to 100,000.
        ///   - clock: the time of day, the machine's by default.
        /// - Throws: ``InvalidConfiguration`` with every problem, named `keys[0]` and the like, without key material.
        public init(
            keys: [VerificationKey], rules: TokenRules = .init(), cachedTokens: Int = 1_024, clock: WallClock = .system
        ) async throws(InvalidConfiguration) {
            var problems = rules.validate()
            problems.require(
                (0...100_000).contains(cachedTokens), "cachedTokens", "must be from 0 to 100000, is \(cachedTokens)")
            problems.require(!keys.isEmpty, "keys", "must hold at least one key")
            var keysByID: [String: Key] = [:]
            var anonymousKey: Key?
            for (index, key) in keys.enumerated() {
                switch await key.verifyingAlgorithm() {
                case .failure(let problem):
                    problems.append(ConfigurationProblem("keys[\(index)]", problem.message))
                case .success(let algorithm):
                    let made = Key(algorithm: key.algorithm, verifier: algorithm)
                    if let id = key.id {
                        let isNew = keysByID.updateValue(made, forKey: id) == nil
                        problems.require(isNew, "keys[\(index)].id", "is the id of another key too")
                    } else {
                        problems.require(keys.count == 1, "keys[\(index)].id", "is needed where there are several keys")
                        anonymousKey = made
                    }
                }
            }
            guard problems.isEmpty else { throw InvalidConfiguration(problems) }
            self.keysByID = keysByID
            self.anonymousKey = anonymousKey
            self.rules = rules
            self.clock = clock
            leeway = rules.leeway.seconds
            verified = Mutex(VerifiedTokens(capacity: cachedTokens))
        }

        /// Who makes a request with this `Authorization` header.
        ///
        /// - Parameter values: every value of the header; empty if the request has none.
        /// - Throws: ``AuthFailure``, whose ``AuthFailure/status`` and ``AuthFailure/challenge(realm:)`` make the
        ///   answer.
        public func authenticate(authorization values: [String]) throws(AuthFailure) -> Principal {
            try verify(BearerHeader.token(values))
        }

        /// Who a token is of.
        public func verify(_ token: some StringProtocol) throws(AuthFailure) -> Principal {
            try verify(bytes: Array(token.utf8))
        }

        /// How many tokens are remembered, and how many requests that has served.
        public var statistics: (cached: Int, hits: UInt64) { verified.withLock { ($0.count, $0.hits) } }

        private func verify(bytes token: [UInt8]) throws(AuthFailure) -> Principal {
            guard token.count <= rules.maximumBytes else { throw AuthFailure(.malformed, "the token is too large") }
            let hash = token.hashValue
            let deadline = clock.now - leeway
            if let known = verified.withLock({ $0.principal(of: token, hash: hash, expiringAfter: deadline) }) {
                return known
            }
            let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            guard parts.count == 3 else { throw Self.malformed }
            let key = try key(for: members(of: parts[0]))
            guard let signature = Base64URL.decode(parts[2]), !signature.isEmpty else { throw Self.malformed }
            guard isSignature(signature, of: token[..<parts[1].endIndex], by: key) else {
                throw AuthFailure(.wrongSignature, "the signature does not fit the token")
            }
            let principal = try principal(of: members(of: parts[1]))
            verified.withLock { $0.insert(principal, token: token, hash: hash) }
            return principal
        }

        private static var malformed: AuthFailure { AuthFailure(.malformed, "the token is malformed") }

        private func members(of part: ArraySlice<UInt8>) throws(AuthFailure) -> [String: ClaimValue] {
            guard let json = Base64URL.decode(part) else { throw Self.malformed }
            do {
                return try ClaimsReader.object(json)
            } catch {
                throw Self.malformed
            }
        }

        private func key(for header: [String: ClaimValue]) throws(AuthFailure) -> Key {
            guard let algorithm = header["alg"]?.string else { throw Self.malformed }
            guard header["crit"] == nil else {
                throw AuthFailure(.unsupportedHeader, "the token asks for an extension that is not understood")
            }
            if let type = header["typ"] {
                guard let name = type.string?.lowercased(), Self.types.contains(name) else {
                    throw AuthFailure(.unsupportedHeader, "the token is not of the type JWT")
                }
            }
            let key: Key?
            switch header["kid"] {
            case nil: key = anonymousKey ?? (keysByID.count == 1 ? keysByID.values.first : nil)
            case .string(let id): key = anonymousKey ?? keysByID[id]
            default: throw Self.malformed
            }
            guard let key else { throw AuthFailure(.unknownKey, "the token is signed by a key that is not known") }
            guard algorithm == key.algorithm.rawValue else {
                throw AuthFailure(.unsupportedAlgorithm, "the token is signed by another algorithm than its key is for")
            }
            return key
        }

        private static let types: Set<String> = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"]

        private func isSignature(_ signature: [UInt8], of text: ArraySlice<UInt8>, by key: Key) -> Bool {
            if let length = key.algorithm.signatureBytes, signature.count != length { return false }
            do {
                return try key.verifier.verify(signature, signs: text)
            } catch {
                // What isn't a signature of the algorithm at all.
                return false
            }
        }

        private func principal(of claims: [String: ClaimValue]) throws(AuthFailure) -> Principal {
            guard let subject = claims["sub"]?.string, !subject.isEmpty, let expiry = claims["exp"]?.number else {
                throw AuthFailure(.malformed, "the token lacks a proper sub or exp claim")
            }
            let now = clock.now
            guard now - leeway < expiry else { throw AuthFailure(.expired, "the token has expired") }
            for name in ["nbf", "iat"] {
                guard let claim = claims[name] else { continue }
                guard let time = claim.number else { throw Self.malformed }
                guard time <= now + leeway else { throw AuthFailure(.notYetValid, "the token is not valid yet") }
            }
            let issuer = try text(claims["iss"])
            if let expected = rules.issuer, issuer != expected {
                throw AuthFailure(.wrongIssuer, "the token is from another issuer")
            }
            let audiences = try texts(claims["aud"])
            guard rules.audiences.isEmpty || audiences.contains(where: rules.audiences.contains) else {
                throw AuthFailure(.wrongAudience, "the token is for another audience")
            }
            let scopes = try texts(claims["scope"] ?? claims["scp"])
            return Principal(
                subject: subject, issuer: issuer, audiences: audiences,
                scopes: Set(scopes.flatMap { $0.split(separator: " ").map(String.init) }), expiresAt: expiry,
                claims: claims)
        }

        private func text(_ claim: ClaimValue?) throws(AuthFailure) -> String? {
            guard let claim else { return nil }
            guard let text = claim.string else { throw Self.malformed }
            return text
        }

        private func texts(_ claim: ClaimValue?) throws(AuthFailure) -> [String] {
            guard let claim else { return [] }
            guard let texts = claim.strings else { throw Self.malformed }
            return texts
        }
    }
#endif
