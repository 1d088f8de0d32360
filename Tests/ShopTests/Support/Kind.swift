// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusService

/// The kind of problem that a service answered, to compare with.
struct Kind: Error, Equatable {
    let status: Int
    let code: String

    init(_ error: DeclaredError) {
        status = error.status
        code = error.code
    }

    init(_ problem: Problem) {
        status = problem.status
        code = problem.code
    }
}

/// Runs a call and throws the kind of what the service answered.
@discardableResult
func kind<Value>(_ call: () async throws -> Value) async throws -> Value {
    do {
        return try await call()
    } catch ServiceError.problem(let problem) {
        throw Kind(problem)
    } catch let problem as Problem {
        throw Kind(problem)
    }
}
