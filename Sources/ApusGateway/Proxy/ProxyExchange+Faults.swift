// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusResilience
import NIOCore

// What is done to an attempt on purpose, while faults are armed.
extension ProxyExchange {
    /// Does what the armed faults say; nothing is left for who called then.
    ///
    /// - Returns: whether the attempt is taken care of.
    func inject(to instance: InstanceState, _ leg: UpstreamLeg, until deadline: Instant?) -> Bool {
        guard let route else { return false }
        let faults = context.faults.draw(RequestSubject(head: head, route: route))
        guard !faults.isEmpty else { return false }
        var latency = Duration.zero
        var abort: FaultAbort?
        for fault in faults {
            switch fault {
            case .latency(let time): latency += time
            case .abort(let how): abort = abort ?? how
            case .droppedConnection: losesConnection = true
            case .slowBody(let bytesPerSecond): slowBody = bytesPerSecond
            }
        }
        let firstAbort = abort
        guard latency > .zero else {
            guard let abort else { return false }
            failed(Self.failure(abort))
            return true
        }
        let now = Instant.now
        let end = now.advanced(by: latency)
        let wait = now.duration(to: deadline.map { min($0, end) } ?? end)
        let exchange = NIOLoopBound((self, leg), eventLoop: context.loop.eventLoop)
        waiting = context.loop.eventLoop.scheduleTask(in: .nanoseconds(max(0, wait.nanoseconds))) {
            let (exchange, leg) = exchange.value
            exchange.goOn(with: firstAbort, to: instance, leg, until: deadline)
        }
        return true
    }

    /// The injected latency is over, or the time is.
    private func goOn(with abort: FaultAbort?, to instance: InstanceState, _ leg: UpstreamLeg, until deadline: Instant?)
    {
        waiting = nil
        guard !isOver else { return }
        if let deadline, deadline <= .now {
            // As one that is slow would look: nobody knows how far it came.
            return failed(
                CallFailure(
                    .deadlineExceeded, "the time ran out during an injected latency", stage: .response,
                    mayHaveReachedPeer: true))
        }
        if let abort { return failed(Self.failure(abort)) }
        send(to: instance, leg, until: deadline)
    }

    /// The response is there, and is lost as if the connection were.
    func loseConnection() {
        upstream?.cancel()
        failed(
            CallFailure(
                .connectionLost, "the connection was dropped by an injected fault", stage: .response,
                mayHaveReachedPeer: true))
    }

    private static func failure(_ abort: FaultAbort) -> CallFailure {
        let hasAnswer = abort.code == .unexpectedStatus || abort.code == .invalidResponse
        return CallFailure(
            abort.code, "aborted by an injected fault", stage: hasAnswer ? .response : .connect, status: abort.status,
            mayHaveReachedPeer: hasAnswer)
    }
}
