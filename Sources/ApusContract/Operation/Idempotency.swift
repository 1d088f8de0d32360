// SPDX-License-Identifier: Apache-2.0

/// Whether an operation may be sent again when it isn't known whether it was done.
///
/// Source: RFC 9110, 9.2; draft-ietf-httpapi-idempotency-key-header.
public enum Idempotency: Sendable, Hashable {
    /// Changes nothing.
    case safe
    /// Twice is the same as once.
    case idempotent
    /// Twice is not the same as once: never sent again once the peer may have seen it.
    case none
    /// Twice with the same `Idempotency-Key` header is the same as once.
    ///
    /// - Parameter required: whether requests without the header are refused.
    case key(required: Bool)

    /// What HTTP says about `method`.
    public static func standard(for method: OperationMethod) -> Idempotency {
        switch method {
        case .get: .safe
        case .put, .delete: .idempotent
        case .post, .patch: .none
        }
    }

    /// The header of ``key(required:)``.
    public static let keyHeader = "Idempotency-Key"
}
