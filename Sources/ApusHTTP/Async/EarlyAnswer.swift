// SPDX-License-Identifier: Apache-2.0
/// A way to answer a request before its responder does, such as when the time for it is over.
///
/// Belongs to the loop of the request's connection: used there.
public struct EarlyAnswer: Sendable {
    private let run: any EarlyAnswering

    init(_ run: any EarlyAnswering) {
        self.run = run
    }

    /// Sends `response`, whose body is at hand, and cancels the responder's task. What the responder returns is dropped.
    ///
    /// - Returns: false, and nothing happens, if a response has begun or the client is gone.
    public func send(_ response: HTTPResponse) -> Bool { run.answerEarly(response) }

    /// Closes the connection without an answer, as if it had been lost. What the responder returns is dropped.
    ///
    /// - Returns: false, and nothing happens, if a response has begun or the client is gone.
    public func drop() -> Bool { run.drop() }
}

/// What an ``EarlyAnswer`` leads to.
protocol EarlyAnswering: AnyObject, Sendable {
    func answerEarly(_ response: HTTPResponse) -> Bool
    func drop() -> Bool
}
