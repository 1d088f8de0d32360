// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience

/// When to dial, and what becomes of commands meanwhile: `(event, now) -> decision`.
///
/// Commands wait while the first dial of all, or the first after a loss, is under way. After a dial has failed they are
/// refused at once with its error until one succeeds, so that a dead server costs its callers nothing.
struct ReconnectState: Sendable {
    enum Phase: Hashable {
        /// Nobody has asked yet.
        case idle
        case dialing
        case ready(since: Instant)
        case waiting(until: Instant)
        case closed
    }

    enum Admission {
        case send
        case wait
        case reject(RedisError)
    }

    /// A connection that lived so long counts as a recovery: the back-off starts afresh after it.
    static let stable = Duration.seconds(5)

    private(set) var phase = Phase.idle
    /// Why the last dial failed; nil since one succeeded.
    private(set) var failure: RedisError?
    private var delays: BackoffSequence
    private var random: FastRandom
    private let reconnects: Bool

    init(_ backoff: Backoff, reconnects: Bool = true, random: FastRandom) {
        delays = BackoffSequence(backoff)
        self.reconnects = reconnects
        self.random = random
    }

    /// What to do with a command now.
    func admission(now: Instant) -> Admission {
        switch phase {
        case .ready: return .send
        case .closed: return .reject(failure ?? .closed)
        case .idle: return .wait
        case .dialing: return failure.map { .reject($0) } ?? .wait
        case .waiting(let until):
            guard var failure else { return .wait }
            failure.retryAfter = max(.zero, now.duration(to: until))
            return .reject(failure)
        }
    }

    /// Someone needs the connection.
    ///
    /// - Returns: whether to dial now.
    mutating func want() -> Bool {
        guard phase == .idle else { return false }
        phase = .dialing
        return true
    }

    /// The dial succeeded.
    mutating func connected(now: Instant) {
        guard phase == .dialing else { return }
        phase = .ready(since: now)
        failure = nil
    }

    /// The dial failed.
    ///
    /// - Returns: when to call ``due()``; nil for never.
    mutating func failed(_ error: RedisError, now: Instant) -> Duration? {
        guard phase == .dialing else { return nil }
        failure = error
        return wait(now: now)
    }

    /// The connection is gone.
    ///
    /// - Returns: when to call ``due()``; nil for never.
    mutating func lost(now: Instant) -> Duration? {
        guard case .ready(let since) = phase else { return nil }
        if since.duration(to: now) >= Self.stable { delays.reset() }
        return wait(now: now)
    }

    /// The wait is over.
    ///
    /// - Returns: whether to dial now.
    mutating func due() -> Bool {
        guard case .waiting = phase else { return false }
        phase = .dialing
        return true
    }

    mutating func close() {
        phase = .closed
        failure = nil
    }

    private mutating func wait(now: Instant) -> Duration? {
        guard reconnects else {
            phase = .closed
            failure = failure ?? RedisError(.connectionLost, "the connection to Redis has ended", mayHaveRun: false)
            return nil
        }
        let delay = delays.next(using: &random)
        phase = .waiting(until: now.advanced(by: delay))
        return delay
    }
}
