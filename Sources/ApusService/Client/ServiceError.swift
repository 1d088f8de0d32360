// SPDX-License-Identifier: Apache-2.0
public import ApusContract
public import ApusCore

/// Why a call to another service gave no output.
public enum ServiceError: Error, Sendable, CustomStringConvertible {
    /// The service answered with an error that the operation declares. It works; the caller decides what that means.
    case problem(Problem)
    /// The call failed: no instance, no connection, no time, or an answer that the contract doesn't know.
    case failure(CallFailure)

    /// Whether the service answered the declared error `kind`.
    public func isKind(of kind: DeclaredError) -> Bool {
        if case .problem(let problem) = self { problem.isKind(of: kind) } else { false }
    }

    public var description: String {
        switch self {
        case .problem(let problem): "\(problem)"
        case .failure(let failure): "\(failure)"
        }
    }
}

extension Problem {
    /// What a service's own caller is told when a call to another service failed and the handler didn't say more.
    ///
    /// What the other service answered is its business with us, not with our caller: 502, unless it was a failure with a
    /// code of its own.
    public init(_ error: ServiceError) {
        switch error {
        case .failure(let failure): self.init(failure)
        case .problem(let problem):
            self.init(DeclaredError(.unexpectedStatus), "The service answered \(problem.status) \(problem.code).")
            service = problem.service
            stage = CallFailure.Stage.response.rawValue
        }
    }
}
