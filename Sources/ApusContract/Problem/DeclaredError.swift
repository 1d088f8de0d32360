// SPDX-License-Identifier: Apache-2.0

/// A kind of error that an operation can answer: status, stable code and title.
///
/// Declare those of your own in the contract:
/// `public static let emailTaken = DeclaredError(409, "email_taken", "E-mail address taken")`.
public struct DeclaredError: Hashable, Sendable {
    /// The HTTP status, 400 to 599.
    public let status: Int
    /// The stable name, in snake case.
    public let code: String
    /// For a person, the same for every occurrence.
    public let title: String

    public init(_ status: Int, _ code: String, _ title: String) {
        self.status = status
        self.code = code
        self.title = title
    }

    /// The request can't be read.
    public static let badRequest = DeclaredError(400, "bad_request", "Bad request")
    public static let malformedJSON = DeclaredError(400, "malformed_json", "Malformed JSON")
    /// The operation asks for an `Idempotency-Key`.
    public static let idempotencyKeyRequired = DeclaredError(
        400, "idempotency_key_required", "Idempotency key required")
    /// A request with the same `Idempotency-Key` is being worked on.
    public static let idempotencyKeyInUse = DeclaredError(
        409, "idempotency_key_in_use", "Idempotency key in use")
    /// The `Idempotency-Key` was used before, for a request that asked for something else.
    public static let idempotencyKeyReused = DeclaredError(
        422, "idempotency_key_reused", "Idempotency key used before")
    /// Nobody is named who makes the request, or the proof doesn't hold.
    public static let unauthorized = DeclaredError(401, "unauthorized", "Authentication required")
    /// Who makes the request is known and may not.
    public static let forbidden = DeclaredError(403, "forbidden", "Forbidden")
    public static let notFound = DeclaredError(404, "not_found", "Not found")
    /// No operation has this path.
    public static let noRoute = DeclaredError(404, "no_route", "No such path")
    public static let methodNotAllowed = DeclaredError(405, "method_not_allowed", "Method not allowed")
    public static let conflict = DeclaredError(409, "conflict", "Conflict")
    public static let preconditionFailed = DeclaredError(412, "precondition_failed", "Precondition failed")
    public static let bodyTooLarge = DeclaredError(413, "body_too_large", "Body too large")
    public static let unsupportedMediaType = DeclaredError(415, "unsupported_media_type", "Unsupported media type")
    /// A rule is broken; the problem lists every violation.
    public static let invalid = DeclaredError(422, "invalid", "Invalid request")
    public static let tooManyRequests = DeclaredError(429, "too_many_requests", "Too many requests")
    public static let internalError = DeclaredError(500, "internal_error", "Internal error")
    public static let unavailable = DeclaredError(503, "unavailable", "Service unavailable")
}
