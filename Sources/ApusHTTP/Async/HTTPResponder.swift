// SPDX-License-Identifier: Apache-2.0

/// Answers requests in asynchronous code.
public protocol HTTPResponder: Sendable {
    /// Runs in a task on the loop of the request's connection and stays there through every suspension: code that blocks
    /// holds up the other requests of the loop. The task is cancelled when the client goes away.
    func respond(to request: HTTPRequest) async -> HTTPResponse

    /// Called on the loop of the connection after the engine has refused a request by itself, because it is not valid
    /// HTTP or passes a limit: to log it. Does nothing by default.
    func refused(_ request: RefusedRequest)
}

extension HTTPResponder {
    public func refused(_ request: RefusedRequest) {}
}
