// SPDX-License-Identifier: Apache-2.0
import ApusAuth
public import ApusContract
public import ApusResilience
public import ApusSQL

extension ServiceBuilder {
    /// Gives an operation an implementation whose effect and remembered answer share a transaction: a request that is sent
    /// again with its `Idempotency-Key` has its effect once, wherever the first one broke off. The form to prefer.
    ///
    ///     service.implement(UsersAPI.createUser, once: keys) { call, transaction in
    ///         let made = try await directory.create(call.body, in: transaction)
    ///         return .created(made.user, location: "/v1/users/\(made.user.id)")
    ///     }
    ///
    /// The operation is declared with ``ApusContract/Idempotency/key(required:)`` and the errors `idempotencyKeyReused` and
    /// `idempotencyKeyInUse`.
    ///
    /// - Parameters:
    ///   - priority: how much its requests matter when not all can be served. Default normal.
    ///   - keys: where answers are kept.
    ///   - isolation: of the transaction, at least. Default: read committed.
    ///   - remembering: refusals that are answered again as they were; what they did is undone. By default none: the same
    ///     key may be tried again. Statuses of 500 and more are never remembered.
    ///   - scope: whose keys it tells apart; by default the caller's, by issuer and subject.
    ///   - implementation: gets the transaction for all that it changes; nil for a request without a key, for which it opens
    ///     one of its own if it needs one. May run several times when transactions collide. An answer with a status of 500
    ///     or more, or one that is too large to be kept, undoes what was done.
    public mutating func implement<Parameters, Body, Output>(
        _ operation: Operation<Parameters, Body, Output>, priority: CallPriority = .normal, once keys: IdempotencyKeys,
        isolation: Isolation = .readCommitted, remembering: [DeclaredError] = [],
        scope: @escaping @Sendable (Call<Parameters, Body>) -> String = { $0.callerScope },
        _ implementation:
            @escaping @Sendable (Call<Parameters, Body>, (any Transaction)?) async throws -> Reply<Output>
    ) {
        add(
            operation, priority, keys, .transaction(isolation, implementation), remembering, scope,
            withoutKey: { try await implementation($0, nil) })
    }

    /// Gives an operation an implementation whose effect is elsewhere than in the service's database: calls to other
    /// services. An attempt has its `Idempotency-Key` for itself until the answer is remembered.
    ///
    /// If the process dies between effect and record, the key is blocked until its lease ends, and the next request with it
    /// has the effect again: the effect must be repeatable. Where the service's own database is changed, use
    /// ``implement(_:priority:once:isolation:remembering:scope:_:)``.
    ///
    /// - Parameters: as there. When an answer is too large to be kept, the request fails after its effect.
    public mutating func implement<Parameters, Body, Output>(
        _ operation: Operation<Parameters, Body, Output>, priority: CallPriority = .normal,
        leasing keys: IdempotencyKeys, remembering: [DeclaredError] = [],
        scope: @escaping @Sendable (Call<Parameters, Body>) -> String = { $0.callerScope },
        _ implementation: @escaping @Sendable (Call<Parameters, Body>) async throws -> Reply<Output>
    ) {
        add(operation, priority, keys, .lease(implementation), remembering, scope, withoutKey: implementation)
    }

    private mutating func add<Parameters, Body, Output>(
        _ operation: Operation<Parameters, Body, Output>, _ priority: CallPriority, _ keys: IdempotencyKeys,
        _ form: IdempotentHandler<Parameters, Body, Output>.Form, _ remembered: [DeclaredError],
        _ scope: @escaping @Sendable (Call<Parameters, Body>) -> String,
        withoutKey: @escaping @Sendable (Call<Parameters, Body>) async throws -> Reply<Output>
    ) {
        problems += Self.problems(of: operation.any)
        let handler = IdempotentHandler(
            handler(of: operation, withoutKey), keys: keys, form: form, remembered: remembered, scope: scope)
        add(operation.any, priority) { try await handler.respond(to: $0) }
    }

    /// What an operation must declare that honours keys: callers read it from the contract.
    private static func problems(of operation: AnyOperation) -> [String] {
        var problems: [String] = []
        if case .key = operation.idempotency {
        } else {
            problems.append("\(operation.name) honours idempotency keys, but isn't declared with Idempotency.key")
        }
        for error in [DeclaredError.idempotencyKeyReused, .idempotencyKeyInUse] where !operation.errors.contains(error)
        {
            problems.append("\(operation.name) honours idempotency keys, but doesn't declare \(error.code)")
        }
        return problems
    }
}

extension Call {
    /// Who makes the request, by issuer and subject; empty if nobody found out.
    public var callerScope: String {
        principal.map { "\($0.issuer ?? "") \($0.subject)" } ?? ""
    }
}
