// SPDX-License-Identifier: Apache-2.0
public import ApusCore

extension Problem {
    /// The problem that the failure of a call to another service is to this service's own caller.
    public init(_ failure: CallFailure) {
        self.init(DeclaredError(failure.code), failure.message)
        service = failure.service
        stage = failure.stage.rawValue
        attempts = failure.attempts
        retryAfter = failure.retryAfter.map { Int($0.retryAfterSeconds) }
    }
}

extension DeclaredError {
    /// The status and the title for the code of a failed call; 502 for codes that are not known here.
    public init(_ code: CallFailure.Code) {
        let (status, title) =
            switch code {
            case .noInstance: (503, "No instance of the service is available")
            case .connectFailed: (502, "The service can't be reached")
            case .connectionLost: (502, "The connection to the service was lost")
            case .deadlineExceeded: (504, "The time allowed for the call ran out")
            case .cancelled: (499, "The request was cancelled")
            case .breakerOpen: (503, "Calls to the service are suspended")
            case .overloaded: (503, "Too much is going on at the moment")
            case .invalidResponse: (502, "The service answered something unexpected")
            case .unexpectedStatus: (502, "The service answered an unexpected error")
            default: (502, "The call to the service failed")
            }
        self.init(status, code.name, title)
    }
}
