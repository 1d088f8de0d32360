// SPDX-License-Identifier: Apache-2.0

/// An error as the caller sees it: `application/problem+json`.
///
/// Thrown by handlers and by clients alike. Everything in it is shown to the caller: no secrets, no internals.
/// Members beyond those of RFC 9457: ``code``, ``requestID``, ``errors``, and for a failed call to another service
/// ``service``, ``stage``, ``attempts`` and ``retryAfter``.
///
/// Source: RFC 9457.
public struct Problem: Error, Codable, Sendable, Hashable {
    /// The media type of a problem document.
    public static let mediaType = "application/problem+json"

    /// Identifies the kind of problem: a URN made from ``code``.
    public var type: String
    /// The kind of problem for a person, the same for every occurrence.
    public var title: String
    /// The HTTP status.
    public var status: Int
    /// What happened this time; nil if there is nothing to add.
    public var detail: String?
    /// The path of the request.
    public var instance: String?
    /// The kind of problem for a program: a stable name such as `not_found`.
    public var code: String
    public var requestID: String?
    /// Every rule that the request breaks; nil where the problem is another.
    public var errors: [Violation]?
    /// The service whose call failed.
    public var service: String?
    /// How far that call got: `admission`, `connect`, `request`, `response`.
    public var stage: String?
    /// How many times it was tried.
    public var attempts: Int?
    /// In so many whole seconds it is worth to try again; also sent as `Retry-After`.
    public var retryAfter: Int?

    enum CodingKeys: String, CodingKey {
        case type, title, status, detail, instance, code
        case requestID = "requestId"
        case errors, service, stage, attempts, retryAfter
    }

    /// A problem of a declared kind.
    ///
    /// - Parameter detail: what happened this time, for a person.
    public init(_ kind: DeclaredError, _ detail: String? = nil, errors: [Violation]? = nil) {
        type = "urn:apus:problem:\(kind.code)"
        title = kind.title
        status = kind.status
        code = kind.code
        self.detail = detail
        self.errors = errors
    }

    /// 422 `invalid`, with every rule that the request breaks. The detail counts fields, of which each may break several.
    public static func invalid(_ violations: [Violation]) -> Problem {
        let fields = Set(violations.lazy.map(\.field).filter { !$0.isEmpty }).count
        let isCut = violations.count >= Inspection.maximumViolations
        let detail =
            switch fields {
            case 0: "The request is not valid."
            case 1: "One field is not valid."
            default: "\(isCut ? "At least " : "")\(fields) fields are not valid."
            }
        return Problem(.invalid, detail, errors: violations)
    }

    /// Whether it is of the kind `kind`.
    public func isKind(of kind: DeclaredError) -> Bool { status == kind.status && code == kind.code }
}

extension Problem: CustomStringConvertible {
    public var description: String { "\(status) \(code): \(detail ?? title)" }
}
