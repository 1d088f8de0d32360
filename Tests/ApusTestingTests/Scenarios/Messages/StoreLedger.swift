// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import Synchronization

/// What a store must have done with every message: each operation that reaches the store is told here too, and what the
/// store answers must be what follows from all before.
///
/// Times are microseconds of the store's clock.
final class StoreLedger: Sendable {
    struct Name: Hashable {
        let channel: Channel
        let source: String
        let id: String
    }

    struct Row {
        let message: Message
        let channel: Channel
        /// Its place in the order of publishing.
        let number: Int
        var phase = Phase.waiting
        /// When it is to become ready; in hand, when its lease ends.
        var due: Int64
        var attempts = 0
        var claims: Int64 = 0

        var isFinal: Bool { phase == .done || phase == .dead }
    }

    enum Phase { case waiting, ready, inHand, done, dead }

    fileprivate struct State {
        var rows: [Row] = []
        var numbers: [Name: Int] = [:]
        /// What isn't finished, in the order of publishing.
        var live: [Int] = []
        var refusals = 0
    }

    private let state = Mutex(State())

    var rows: [Row] { state.withLock { $0.rows } }

    /// Settlements that were refused, since the lease was another's.
    var refusals: Int { state.withLock { $0.refusals } }

    /// What isn't finished.
    var live: [Row] { state.withLock { state in state.live.map { state.rows[$0] } } }

    func row(_ message: Message, in channel: Channel) -> Row? {
        state.withLock { state in
            state.numbers[Name(channel: channel, source: message.source, id: message.id)].map { state.rows[$0] }
        }
    }

    /// - Returns: what doesn't hold, if anything; so do the others.
    func appended(_ entries: [QueueEntry], _ results: [PublishResult], now: Int64) -> String? {
        state.withLock { state in
            for (entry, result) in zip(entries, results) {
                let name = Name(channel: entry.channel, source: entry.message.source, id: entry.message.id)
                let isKnown = state.numbers[name] != nil
                guard (result == .duplicate) == isKnown else {
                    return "\(name.id) was told to be \(result), known is \(isKnown)"
                }
                guard !isKnown else { continue }
                let number = state.rows.count
                state.numbers[name] = number
                state.live.append(number)
                state.rows.append(
                    Row(
                        message: entry.message, channel: entry.channel, number: number,
                        due: now + entry.delay.nanoseconds / 1_000))
                if entry.delay == .zero { state.awaken(entry.channel, now) { $0.number == number } }
            }
            return nil
        }
    }

    func claimed(_ limit: Int, _ channel: Channel, _ lease: Duration, _ deliveries: [Delivery], now: Int64) -> String? {
        state.withLock { state in
            state.awaken(channel, now)
            let expected = state.live.map { state.rows[$0] }.filter { $0.channel == channel && $0.phase == .ready }
                .sorted {
                    ($1.message.priority, $0.number) < ($0.message.priority, $1.number)
                }.prefix(limit)
            let (ids, expectedIDs) = (deliveries.map(\.message.id), expected.map(\.message.id))
            guard ids == expectedIDs else { return "claimed from \(channel) were \(ids), should be \(expectedIDs)" }
            for (delivery, row) in zip(deliveries, expected) {
                guard delivery.attempt == row.attempts + 1, delivery.token == row.claims + 1 else {
                    return
                        "\(delivery.message.id) is at attempt \(delivery.attempt) with token \(delivery.token) after "
                        + "\(row.attempts) attempts and \(row.claims) claims"
                }
                state.rows[row.number].phase = .inHand
                state.rows[row.number].due = now + lease.nanoseconds / 1_000
                state.rows[row.number].attempts += 1
                state.rows[row.number].claims += 1
            }
            return nil
        }
    }

    func settled(_ one: SettledDelivery, _ isHeld: Bool, now: Int64) -> String? {
        let delivery = one.delivery
        return state.withLock { state in
            let name = Name(channel: delivery.channel, source: delivery.message.source, id: delivery.message.id)
            guard let number = state.numbers[name] else { return "\(name.id) was settled and never published" }
            let row = state.rows[number]
            let isHolder = row.phase == .inHand && row.claims == delivery.token
            guard isHeld else {
                state.refusals += 1
                // A lease that has ended may be taken before somebody else has the message.
                if isHolder, row.due > now { return "\(name.id) is held, and yet \(one.settlement) was refused" }
                return nil
            }
            guard isHolder else {
                return "\(one.settlement) of \(name.id) with token \(delivery.token) was accepted, it is \(row.phase) "
                    + "with token \(row.claims)"
            }
            switch one.settlement {
            case .done: state.rows[number].phase = .done
            case .dead: state.rows[number].phase = .dead
            case .retry(let delay, _):
                state.rows[number].phase = .waiting
                state.rows[number].due = now + delay.nanoseconds / 1_000
            case .giveBack(let delay):
                state.rows[number].phase = .waiting
                state.rows[number].due = now + delay.nanoseconds / 1_000
                state.rows[number].attempts -= 1
            }
            let isKeyed = row.message.orderingKey != nil
            if state.rows[number].isFinal {
                state.live.removeAll { $0 == number }
                // The next of its key.
                if isKeyed { state.awaken(row.channel, now) { $0.message.orderingKey == row.message.orderingKey } }
            } else {
                state.awaken(row.channel, now) { $0.number == number }
            }
            return nil
        }
    }

    func extended(_ delivery: Delivery, by lease: Duration, _ isHeld: Bool, now: Int64) -> String? {
        state.withLock { state in
            let name = Name(channel: delivery.channel, source: delivery.message.source, id: delivery.message.id)
            guard let number = state.numbers[name] else { return "\(name.id) was extended and never published" }
            let row = state.rows[number]
            let isHolder = row.phase == .inHand && row.claims == delivery.token
            if isHeld != isHolder, isHeld || row.due > now {
                return
                    "the lease of \(name.id) with token \(delivery.token) was extended: \(isHeld); it is \(row.phase) "
                    + "with token \(row.claims)"
            }
            if isHeld { state.rows[number].due = now + lease.nanoseconds / 1_000 }
            return nil
        }
    }

    func toldNextDue(_ due: Duration?, in channel: Channel, now: Int64) -> String? {
        state.withLock { state in
            state.awaken(channel, now)
            let firsts = state.firsts(of: channel)
            let expected =
                firsts.contains { $0.phase == .ready } ? 0 : firsts.map(\.due).min().map { max(0, $0 - now) }
            let told = due.map { $0.nanoseconds / 1_000 }
            return told == expected ? nil : "\(channel) says \(told ?? -1) µs to the next, it is \(expected ?? -1) µs"
        }
    }
}

extension StoreLedger.State {
    /// What nothing holds back but its time: the first of each ordering key, and all without.
    func firsts(of channel: Channel) -> [StoreLedger.Row] {
        var keys: Set<String> = []
        return live.map { rows[$0] }.filter { row in
            guard row.channel == channel else { return false }
            return row.message.orderingKey.map { keys.insert($0).inserted } ?? true
        }
    }

    /// What is due becomes ready, and stays so whatever the clock does.
    mutating func awaken(_ channel: Channel, _ now: Int64, where fits: (StoreLedger.Row) -> Bool = { _ in true }) {
        for row in firsts(of: channel) where row.due <= now && !row.isFinal && fits(row) {
            rows[row.number].phase = .ready
        }
    }
}
