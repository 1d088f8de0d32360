// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP
import NIOCore

/// What a service answered, before it is known to be what the contract says.
struct Answer: Sendable {
    let service: String
    let response: ResponseHead
    let body: ByteBuffer

    /// The operation's output.
    ///
    /// - Throws: the problem, if the operation declares it; otherwise why the answer is of no use.
    func output<Parameters, Body, Output>(
        of operation: Operation<Parameters, Body, Output>
    ) throws(ServiceError) -> Output {
        guard response.status.statusClass == 2 else { throw error(declared: operation.any) }
        if Output.self == NoOutput.self, let none = NoOutput() as? Output { return none }
        do {
            return try body.withUnsafeReadableBytes { (bytes) in
                try ContractJSON.decode(Output.self, from: bytes, checkingRules: false)
            }
        } catch {
            throw failure(
                .invalidResponse, "the answer to \(operation.any.name) is not what the contract says: \(error)")
        }
    }

    private func error(declared operation: AnyOperation) -> ServiceError {
        let isProblem = response.headers.withValue(.contentType, MediaType.isJSON) ?? false
        if isProblem, let problem = problem() {
            if operation.isDeclared(problem) { return .problem(problem) }
            var failure = callFailure(.unexpectedStatus, "\(service) answered \(problem.status) \(problem.code)")
            failure.retryAfter = problem.retryAfter.map { .seconds($0) }
            return .failure(failure)
        }
        return failure(.unexpectedStatus, "\(service) answered \(response.status)")
    }

    private func problem() -> Problem? {
        do throws(Problem) {
            return try body.withUnsafeReadableBytes { (bytes) throws(Problem) in
                try ContractJSON.decode(Problem.self, from: bytes, checkingRules: false)
            }
        } catch {
            // JSON, but no problem of ours: the status says enough.
            return nil
        }
    }

    private func failure(_ code: CallFailure.Code, _ message: String) -> ServiceError {
        .failure(callFailure(code, message))
    }

    private func callFailure(_ code: CallFailure.Code, _ message: String) -> CallFailure {
        CallFailure(
            code, message, stage: .response, service: service, status: response.status.code, mayHaveReachedPeer: true)
    }
}
