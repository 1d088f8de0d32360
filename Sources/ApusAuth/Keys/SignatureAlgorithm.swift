// SPDX-License-Identifier: Apache-2.0

/// An algorithm that signs tokens, by its name in RFC 7518 and RFC 8037. There is no `none`.
public enum SignatureAlgorithm: String, Sendable, Hashable, CaseIterable {
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    case eddsa = "EdDSA"

    enum Family { case hmac, rsa, ecdsa, eddsa }

    var family: Family {
        switch self {
        case .hs256, .hs384, .hs512: .hmac
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
        case .es256, .es384, .es512: .ecdsa
        case .eddsa: .eddsa
        }
    }

    /// The least bytes of a secret: those of the hash (RFC 7518, section 3.2).
    var minimumSecretBytes: Int {
        switch self {
        case .hs384: 48
        case .hs512: 64
        default: 32
        }
    }

    /// The exact bytes of a signature, where the algorithm alone says it.
    var signatureBytes: Int? {
        switch self {
        case .hs256: 32
        case .hs384: 48
        case .hs512, .es256, .eddsa: 64
        case .es384: 96
        case .es512: 132
        default: nil
        }
    }

    /// The bytes of a coordinate of the algorithm's curve.
    var coordinateBytes: Int? {
        switch self {
        case .es256, .eddsa: 32
        case .es384: 48
        case .es512: 66
        default: nil
        }
    }

    /// The curve's name in a JSON web key.
    var curve: String? {
        switch self {
        case .es256: "P-256"
        case .es384: "P-384"
        case .es512: "P-521"
        case .eddsa: "Ed25519"
        default: nil
        }
    }
}
