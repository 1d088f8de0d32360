// SPDX-License-Identifier: Apache-2.0

/// Why a request isn't let in.
///
/// The message is a fixed sentence per cause: nothing of the token or a key gets into an error, a log or an answer.
public struct AuthFailure: Error, Sendable, Hashable {
    /// The kind of failure. New codes may be added: switch with a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The stable name that problem documents, logs and metrics show.
        public let name: String

        init(_ name: String) {
            self.name = name
        }

        public var description: String { name }

        /// The request has no bearer token.
        public static let missing = Code("missing")
        /// The request's `Authorization` can't be read.
        public static let invalidRequest = Code("invalid_request")
        /// The token isn't one, or lacks what it must have.
        public static let malformed = Code("malformed")
        /// The token is signed by another algorithm than its key is for, or by none.
        public static let unsupportedAlgorithm = Code("unsupported_algorithm")
        /// The token asks for an extension that isn't understood, or is of another type.
        public static let unsupportedHeader = Code("unsupported_header")
        /// No key of that id is known.
        public static let unknownKey = Code("unknown_key")
        /// The signature isn't the key's.
        public static let wrongSignature = Code("wrong_signature")
        /// The token's time is over.
        public static let expired = Code("expired")
        /// The token's time has not come.
        public static let notYetValid = Code("not_yet_valid")
        /// The token is another issuer's.
        public static let wrongIssuer = Code("wrong_issuer")
        /// The token is for someone else.
        public static let wrongAudience = Code("wrong_audience")
        /// The token is good, but doesn't allow this.
        public static let insufficientScope = Code("insufficient_scope")
    }

    /// The kind of failure.
    public let code: Code
    /// A sentence for a person: printable ASCII, no quotes.
    public let message: String
    /// The scopes that the request needed, for ``Code/insufficientScope``.
    public let requiredScopes: [String]

    init(_ code: Code, _ message: String, requiredScopes: [String] = []) {
        self.code = code
        self.message = message
        self.requiredScopes = requiredScopes
    }

    /// The HTTP status of the answer: 400 for an unreadable request, 403 for a missing scope, otherwise 401.
    public var status: Int {
        switch code {
        case .invalidRequest: 400
        case .insufficientScope: 403
        default: 401
        }
    }

    /// The value of the answer's `WWW-Authenticate` header (RFC 6750, section 3).
    ///
    /// A request without a token is told the scheme and no more.
    public func challenge(realm: String) -> String {
        var challenge = "Bearer realm=\"\(Self.quotable(realm))\""
        switch code {
        case .missing: return challenge
        case .invalidRequest: challenge += ", error=\"invalid_request\""
        case .insufficientScope: challenge += ", error=\"insufficient_scope\""
        default: challenge += ", error=\"invalid_token\""
        }
        challenge += ", error_description=\"\(Self.quotable(message))\""
        if code == .insufficientScope {
            challenge += ", scope=\"\(Self.quotable(requiredScopes.joined(separator: " ")))\""
        }
        return challenge
    }

    /// Printable ASCII without quotes and backslashes; what else there is goes.
    private static func quotable(_ text: String) -> String {
        String(
            decoding: text.utf8.filter {
                (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            },
            as: UTF8.self)
    }
}

extension AuthFailure: CustomStringConvertible {
    public var description: String { "\(code): \(message)" }
}
