// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusResilience

/// When to dial, and what becomes of requests meanwhile: `(event, now) -> decision`.
///
/// Requests wait while the first dial of all, or the first after a loss, is under way. After a dial has failed they are
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
        case reject(NATSError)
    }

    /// A connection that lived so long counts as a recovery: the back-off starts afresh after it.
    static let stable = Duration.seconds(5)

    private(set) var phase = Phase.idle
    /// Why the last dial failed; nil since one succeeded.
    private(set) var failure: NATSError?
    private var delays: BackoffSequence
    private var random: FastRandom

    init(_ backoff: Backoff, random: FastRandom) {
        delays = BackoffSequence(backoff)
        self.random = random
    }

    /// What to do with a request now.
    func admission(now: Instant) -> Admission {
        switch phase {
        case .ready: return .send
        case .closed: return .reject(.closed)
        case .idle: return .wait
        case .dialing: return rejection(retryAfter: delays.backoff.base).map { .reject($0) } ?? .wait
        case .waiting(let until):
            return rejection(retryAfter: max(.zero, now.duration(to: until))).map { .reject($0) } ?? .wait
        }
    }

    private func rejection(retryAfter: Duration) -> NATSError? {
        var failure = failure
        failure?.retryAfter = retryAfter
        return failure
    }

    /// Someone needs the connection, or time has passed.
    ///
    /// - Returns: whether to dial now.
    mutating func wantsDial(now: Instant) -> Bool {
        switch phase {
        case .idle: break
        case .waiting(let until): guard until <= now else { return false }
        case .dialing, .ready, .closed: return false
        }
        phase = .dialing
        return true
    }

    /// When to call ``wantsDial(now:)`` again; nil for when someone needs the connection.
    var next: Instant? {
        if case .waiting(let until) = phase { until } else { nil }
    }

    /// The dial succeeded; false if it came too late.
    mutating func connected(now: Instant) -> Bool {
        guard phase == .dialing else { return false }
        phase = .ready(since: now)
        failure = nil
        return true
    }

    /// The dial failed.
    mutating func failed(_ error: NATSError, now: Instant) {
        guard phase == .dialing else { return }
        failure = error
        wait(now: now)
    }

    /// The connection is gone.
    mutating func lost(now: Instant) {
        guard case .ready(let since) = phase else { return }
        if since.duration(to: now) >= Self.stable { delays.reset() }
        wait(now: now)
    }

    mutating func close() {
        phase = .closed
    }

    private mutating func wait(now: Instant) {
        phase = .waiting(until: now.advanced(by: delays.next(using: &random)))
    }
}
