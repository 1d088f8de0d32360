// SPDX-License-Identifier: Apache-2.0

/// A key that tokens are verified with, pinned to one algorithm: what the token's header says can't change it.
///
/// The key shows its id and algorithm when printed, never its material.
public struct VerificationKey: Sendable {
    enum Material: Sendable, Hashable {
        case secret([UInt8])
        case pem(String)
        /// A JSON web key's numbers, base64url.
        case rsa(modulus: String, exponent: String)
        case point(x: String, y: String)
        case edwards(x: String)
    }

    /// The `kid` that tokens name it by. Needed if there are several keys.
    public let id: String?
    public let algorithm: SignatureAlgorithm
    let material: Material

    init(id: String?, algorithm: SignatureAlgorithm, material: Material) {
        self.id = id
        self.algorithm = algorithm
        self.material = material
    }

    /// A secret shared with the issuer, for HS256, HS384 or HS512.
    ///
    /// - Parameter secret: at least as many bytes as the hash has: 32, 48 or 64.
    public static func secret(
        _ secret: String, algorithm: SignatureAlgorithm = .hs256, id: String? = nil
    ) -> VerificationKey {
        VerificationKey(id: id, algorithm: algorithm, material: .secret(Array(secret.utf8)))
    }

    /// A public key, or for RSA and EC a certificate, in PEM.
    ///
    /// RSA keys have at least 2,048 bits. A private key is refused: a verifier must not hold one.
    public static func pem(_ pem: String, algorithm: SignatureAlgorithm, id: String? = nil) -> VerificationKey {
        VerificationKey(id: id, algorithm: algorithm, material: .pem(pem))
    }
}

extension VerificationKey: CustomStringConvertible, CustomReflectable {
    public var description: String { "\(algorithm.rawValue) key \(id.map { "\"\($0)\"" } ?? "without id")" }

    /// Shows what `description` shows, so that a dump doesn't give the key away either.
    public var customMirror: Mirror { Mirror(self, children: ["id": id as Any, "algorithm": algorithm]) }
}
