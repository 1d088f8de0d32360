// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP
import ApusMessaging
import ApusSQL
import NIOCore

/// Answers the requests of an operation that honours idempotency keys.
final class IdempotentHandler<Parameters: Described, Body: SchemaValue, Output: SchemaValue>: Sendable {
    typealias OperationCall = Call<Parameters, Body>

    /// Where the effect happens.
    enum Form: Sendable {
        /// In the transaction that keeps the answer.
        case transaction(
            Isolation, @Sendable (OperationCall, (any Transaction)?) async throws -> Reply<Output>)
        /// Elsewhere, under a lease.
        case lease(@Sendable (OperationCall) async throws -> Reply<Output>)
    }

    private let plain: OperationHandler<Parameters, Body, Output>
    private let keys: IdempotencyKeys
    private let form: Form
    private let remembered: [DeclaredError]
    private let scope: @Sendable (OperationCall) -> String

    /// - Parameter plain: answers requests without a key.
    init(
        _ plain: OperationHandler<Parameters, Body, Output>, keys: IdempotencyKeys, form: Form,
        remembered: [DeclaredError], scope: @escaping @Sendable (OperationCall) -> String
    ) {
        self.plain = plain
        self.keys = keys
        self.form = form
        self.remembered = remembered
        self.scope = scope
    }

    func respond(to request: ServiceRequest) async throws -> HTTPResponse {
        guard request.http.head.headers.contains(.idempotencyKey) else { return try await plain.respond(to: request) }
        return try await respond(repeatably: request)
    }

    private func respond(repeatably request: ServiceRequest) async throws -> HTTPResponse {
        let call = try await plain.call(of: request)
        let idempotent = try self.request(of: call)
        let operation = plain.operation.any.name
        let outcome: IdempotencyOutcome
        do {
            outcome = try await keys.outcome(of: idempotent, deadline: call.context.deadline) {
                switch form {
                case .transaction(let isolation, let implementation):
                    try await attempt(idempotent, call, isolation, implementation)
                case .lease(let implementation): try await attempt(idempotent, call, implementation)
                }
            }
        } catch let forgotten as ForgottenAnswer {
            keys.count("failed", of: operation)
            return forgotten.response
        } catch {
            keys.count(Self.isRefusal(error) ? "refused" : "failed", of: operation)
            throw error
        }
        return try response(outcome, operation).get()
    }

    private func response(
        _ outcome: IdempotencyOutcome, _ operation: String
    ) -> Result<HTTPResponse, Problem> {
        switch outcome {
        case .done(let answer):
            keys.count("done", of: operation)
            return .success(HTTPResponse(answer))
        case .replayed(let answer):
            keys.count("replayed", of: operation)
            var response = HTTPResponse(answer)
            response.head.headers.append("Idempotency-Replayed", "true")
            return .success(response)
        case .reused:
            keys.count("reused", of: operation)
            return .failure(
                Problem(
                    .idempotencyKeyReused,
                    "The Idempotency-Key was used for another request; a new request needs a new key."))
        case .inProgress:
            keys.count("in_use", of: operation)
            var problem = Problem(
                .idempotencyKeyInUse, "A request with this Idempotency-Key is still being worked on.")
            problem.retryAfter = 1
            return .failure(problem)
        }
    }

    private static func isRefusal(_ error: any Error) -> Bool {
        (error as? Problem).map { $0.status < 500 } ?? false
    }

    /// Whose request it is, and what it asks for: the body as the operation reads it, so that blanks and the order of
    /// members don't matter.
    private func request(of call: OperationCall) throws(Problem) -> IdempotentRequest {
        let head = call.request.http.head
        let values = head.headers.values(.idempotencyKey)
        guard values.count == 1, let key = Self.unquoted(values[0]) else {
            throw Problem(.badRequest, "There must be one Idempotency-Key, of 1 to 255 visible characters of ASCII.")
        }
        let content = [
            Array(head.method.name.utf8), Array(head.path.utf8), Array((head.query ?? "").utf8),
            Body.self == NoBody.self ? [] : ContractJSON.encode(call.body),
        ]
        do throws(MessagingError) {
            return try IdempotentRequest(
                scope: "\(plain.operation.any.name) \(scope(call))", key: key, content: content)
        } catch {
            throw Problem(.badRequest, error.message)
        }
    }

    /// The key, of a structured header string or as it is; nil if it is none.
    private static func unquoted(_ value: String) -> String? {
        var key = Substring(value)
        if key.utf8.count >= 2, key.hasPrefix("\""), key.hasSuffix("\"") { key = key.dropFirst().dropLast() }
        return IdempotentRequest.isValid(String(key)) ? String(key) : nil
    }

    // MARK: Effect and record in one transaction

    private func attempt(
        _ request: IdempotentRequest, _ call: OperationCall, _ isolation: Isolation,
        _ implementation: @Sendable (OperationCall, (any Transaction)?) async throws -> Reply<Output>
    ) async throws -> IdempotencyOutcome {
        do {
            return try await keys.database.transaction(attempts: 5, isolation: isolation) { transaction in
                try await keys.records.once(request, in: transaction) {
                    try answer(plain.response(try await implementation(call, transaction)))
                }
            }
        } catch let problem as Problem where isRemembered(problem) {
            return try await keys.records.remember(answer(problem, call), to: request, in: keys.database)
        }
    }

    // MARK: Effect elsewhere

    private func attempt(
        _ request: IdempotentRequest, _ call: OperationCall,
        _ implementation: @Sendable (OperationCall) async throws -> Reply<Output>
    ) async throws -> IdempotencyOutcome {
        let attempt: IdempotencyAttempt
        switch try await keys.records.begin(request, in: keys.database) {
        case .ended(let outcome): return outcome
        case .begun(let begun): attempt = begun
        }
        do {
            let answer: StoredAnswer
            do {
                answer = try self.answer(plain.response(try await implementation(call)))
            } catch let problem as Problem where isRemembered(problem) {
                answer = self.answer(problem, call)
            }
            let isStored = try await keys.persist { [keys] in
                try await keys.records.finish(attempt, with: answer, in: keys.database)
            }
            // Otherwise the lease went to another attempt, whose answer counts.
            return isStored ? .done(answer) : .inProgress(nil)
        } catch {
            await keys.abandon(attempt)
            throw error
        }
    }

    // MARK: Answers

    private func answer(_ response: HTTPResponse) throws -> StoredAnswer {
        guard response.status.code < 500 else { throw ForgottenAnswer(response: response) }
        return StoredAnswer(response)
    }

    private func isRemembered(_ problem: Problem) -> Bool {
        problem.status < 500 && remembered.contains { problem.isKind(of: $0) }
    }

    /// A refusal without the id of the request, which isn't that of those who repeat it.
    private func answer(_ problem: Problem, _ call: OperationCall) -> StoredAnswer {
        var problem = problem
        problem.instance = problem.instance ?? String(call.request.http.head.path)
        problem.requestID = nil
        return StoredAnswer(problem.response())
    }
}

/// An answer that undoes what was done for it and leaves the key free.
private struct ForgottenAnswer: Error {
    let response: HTTPResponse
}

extension StoredAnswer {
    /// The answer of a handler, whose body is at hand.
    init(_ response: HTTPResponse) {
        self.init(
            status: response.status.code, headers: response.headers.map { Field($0.name, $0.value) },
            body: response.body.buffered.map { Array($0.readableBytesView) } ?? [])
    }
}

extension HTTPResponse {
    /// An answer that was kept.
    init(_ answer: StoredAnswer) {
        var headers = Headers(reserving: answer.headers.count + 1)
        for field in answer.headers {
            if let name = HeaderName(field.name) { headers.append(name, field.value) }
        }
        self.init(
            status: HTTPStatus(answer.status), headers: headers,
            body: answer.body.isEmpty ? .empty : HTTPBody(ByteBuffer(bytes: answer.body)))
    }
}
