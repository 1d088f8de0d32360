// SPDX-License-Identifier: Apache-2.0
#if JWT
    import ApusCore
    import Synchronization
    @testable import ApusAuth

    /// A time of day that the test sets.
    final class ManualWallClock: Sendable {
        private let milliseconds: Atomic<Int64>

        init(_ seconds: Int64 = 1_800_000_000) {
            milliseconds = Atomic(seconds * 1_000)
        }

        var seconds: Int64 { milliseconds.load(ordering: .sequentiallyConsistent) / 1_000 }

        var clock: WallClock {
            WallClock { Double(self.milliseconds.load(ordering: .sequentiallyConsistent)) / 1_000 }
        }

        func advance(bySeconds seconds: Int64) {
            milliseconds.add(seconds * 1_000, ordering: .sequentiallyConsistent)
        }
    }

    /// An issuer and a verifier that share a secret.
    struct VerifierUnderTest {
        let time = ManualWallClock()
        let signer: TokenSigner
        let verifier: TokenVerifier

        init(_ rules: TokenRules = .init(), cachedTokens: Int = 1_024) async throws {
            signer = try await TokenSigner(secret: TestKeys.secret)
            verifier = try await TokenVerifier(
                keys: [.secret(TestKeys.secret)], rules: rules, cachedTokens: cachedTokens, clock: time.clock)
        }

        /// The claims of a good token, with changes; nil takes a claim away.
        func claims(_ changes: [String: ClaimValue?] = [:]) -> [String: ClaimValue] {
            var claims: [String: ClaimValue] = ["sub": "alice", "exp": .integer(time.seconds + 3_600)]
            for (name, value) in changes { claims[name] = value }
            return claims
        }

        func token(_ changes: [String: ClaimValue?] = [:], header: [String: ClaimValue] = [:]) throws -> String {
            try signer.sign(claims(changes), header: header)
        }

        /// The code of the failure; nil if the token is good.
        func failure(_ token: String) -> AuthFailure.Code? {
            do throws(AuthFailure) {
                _ = try verifier.verify(token)
                return nil
            } catch {
                return error.code
            }
        }

        func failure(_ changes: [String: ClaimValue?], header: [String: ClaimValue] = [:]) throws -> AuthFailure.Code? {
            failure(try token(changes, header: header))
        }
    }
#endif
