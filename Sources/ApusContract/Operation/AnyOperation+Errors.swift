// SPDX-License-Identifier: Apache-2.0

extension AnyOperation {
    /// The declared errors, and those that come with having a body or parameters.
    public var declaredErrors: [DeclaredError] {
        var all = errors
        if body != nil, !all.contains(.malformedJSON) { all.append(.malformedJSON) }
        if case .key(required: true) = idempotency { all.append(.idempotencyKeyRequired) }
        if body != nil || !parameters.isEmpty, !all.contains(where: { $0.code == DeclaredError.invalid.code }) {
            all.append(.invalid)
        }
        return all
    }

    /// Whether `problem` is one of ``declaredErrors``.
    public func isDeclared(_ problem: Problem) -> Bool {
        declaredErrors.contains { problem.isKind(of: $0) }
    }
}
