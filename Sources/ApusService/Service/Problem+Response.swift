// SPDX-License-Identifier: Apache-2.0
public import ApusContract
import ApusCore
public import ApusHTTP
import ApusSQL
import NIOCore

extension Problem {
    /// What the caller is told when a handler throws `error`.
    ///
    /// A problem is told as it is, the failure of a call by its code, and that the database can't work at the moment. The
    /// text of anything else stays inside: 500.
    public init(thrown error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let failure as CallFailure:
            if let error = ProtocolError(failure) {
                self.init(DeclaredError(error.status.code, error.code, error.status.reason), error.detail)
            } else {
                self.init(failure)
            }
        case let error as ServiceError: self.init(error)
        case is CancellationError: self.init(DeclaredError(.cancelled))
        case let error as DatabaseError: self = Problem(error) ?? .inside
        default: self = .inside
        }
    }

    private static var inside: Problem {
        Problem(.internalError, "Something went wrong; the request's id finds it in the log.")
    }

    /// The problem as a response.
    public func response(headers: Headers = [:]) -> HTTPResponse {
        var headers = headers
        headers[.contentType] = Self.mediaType
        if let retryAfter { headers[.retryAfter] = "\(retryAfter)" }
        return HTTPResponse(
            status: HTTPStatus(status), headers: headers, body: HTTPBody(ByteBuffer(bytes: ContractJSON.encode(self))))
    }
}
