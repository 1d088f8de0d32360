// SPDX-License-Identifier: Apache-2.0
public import ApusCore

extension Retrier {
    /// Waits before the next attempt.
    ///
    /// - Returns: the time at which it may begin.
    /// - Throws: `failure` if the pause took so long that no time is left; ``CallFailure/Code/cancelled`` as soon as the
    ///   task is cancelled.
    @usableFromInline
    func wait(
        for pause: Duration, _ state: RetryState, after failure: CallFailure, deadline: Instant?
    ) async throws(CallFailure) -> Instant {
        if pause > .zero {
            do throws(CancellationError) {
                try await time.sleep(for: pause)
            } catch {
                giveUp(.cancelled)
                throw CallFailure(
                    .cancelled, "the caller went away between two attempts", stage: .admission,
                    service: failure.service, attempts: failure.attempts, mayHaveReachedPeer: failure.mayHaveReachedPeer
                )
            }
        }
        let now = time.now
        guard state.mayBegin(now: now, deadline: deadline) else {
            giveUp(.noTimeLeft)
            throw failure
        }
        return now
    }

    /// What the next attempt is called with.
    @usableFromInline
    func context(of state: RetryState, in context: CallContext, now: Instant) -> CallContext {
        var next = context
        next.attempt = UInt8(clamping: Int(context.attempt) + state.attempts)
        guard let timeout = configuration.attemptTimeout else { return next }
        return next.narrowed(to: now.advanced(by: timeout))
    }
}
