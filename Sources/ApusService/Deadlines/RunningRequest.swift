// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP

/// A request whose handler runs, as ``LoopDeadlines`` watches it. Belongs to its loop.
final class RunningRequest: @unchecked Sendable {
    // Sendable because it is reached on its loop only.

    /// On the machine's clock.
    let deadline: Instant
    /// Where ``LoopDeadlines`` keeps it.
    var position = 0
    /// Whether it was answered at its deadline: what the handler makes of it is of no use any more.
    private(set) var isCutOff = false

    private let responder: ServiceResponder
    private let request: ServiceRequest
    private let answer: EarlyAnswer
    private let start: Instant

    init(
        _ request: ServiceRequest, answer: EarlyAnswer, of responder: ServiceResponder, start: Instant,
        deadline: Instant
    ) {
        self.request = request
        self.answer = answer
        self.responder = responder
        self.start = start
        self.deadline = deadline
    }

    /// Answers 504 and cancels the handler, unless a response has begun.
    func cutOff() {
        let problem = Problem(
            DeclaredError(.deadlineExceeded), "There was no answer when the time for the request was over.")
        CallContext.$current.withValue(request.context) {
            var response = responder.answer(problem, request.http, request.context)
            responder.identify(&response, request.context)
            isCutOff = answer.send(response)
            if isCutOff {
                responder.ended(
                    .found(request.route, request.captures), request.http, response, since: start,
                    at: responder.time.now)
            }
        }
    }
}
