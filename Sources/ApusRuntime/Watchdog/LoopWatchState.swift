// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// The state machine that watches one event loop: pings go out, answers come back or don't.
///
/// One ping is under way at most, so that a blocked loop finds one small task waiting for it and not hundreds. A loop is
/// blocked when a ping is not answered within the threshold; each incident is reported once, and once more when it ends.
/// When the watcher itself was held up (the machine slept, the process was stopped), that time counts for nobody.
struct LoopWatchState: Sendable {
    enum Action: Hashable, Sendable {
        case none
        /// Send the ping of this number.
        case ping(Int)
        case reportBlocked(since: Instant)
        /// The loop answered after all this time: report it and send the ping of this number.
        case reportFree(after: Duration, ping: Int)
    }

    let threshold: Duration
    let interval: Duration
    private var number = 0
    private var pingedAt: Instant?
    private var isReported = false
    private var lastTick: Instant?

    init(threshold: Duration, interval: Duration) {
        self.threshold = threshold
        self.interval = interval
    }

    /// Called every interval. `answered` is the number of the last ping that was answered, and when.
    mutating func tick(answered: (number: Int, at: Instant)?, at now: Instant) -> Action {
        let sinceLastTick = lastTick.map { $0.duration(to: now) } ?? .zero
        lastTick = now
        guard let sent = pingedAt else { return .ping(nextPing(at: now)) }
        if let answered, answered.number == number {
            let wasReported = isReported
            isReported = false
            let ping = nextPing(at: now)
            return wasReported ? .reportFree(after: sent.duration(to: answered.at), ping: ping) : .ping(ping)
        }
        if isReported { return .none }
        if sinceLastTick > interval * 2 {
            pingedAt = sent.advanced(by: sinceLastTick - interval)
            return .none
        }
        guard sent.duration(to: now) >= threshold else { return .none }
        isReported = true
        return .reportBlocked(since: sent)
    }

    private mutating func nextPing(at now: Instant) -> Int {
        number += 1
        pingedAt = now
        return number
    }
}
