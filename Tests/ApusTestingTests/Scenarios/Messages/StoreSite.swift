// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import ApusTesting
import Foundation
import Synchronization

/// Where a store is, which outlives the processes that use it; with what may be wrong with it.
final class StoreSite: Sendable {
    /// What befalls one call.
    struct Fate {
        let before: Duration
        let after: Duration
        let failsBefore: Bool
        let failsAfter: Bool
    }

    private struct Condition {
        var failing = 0.0
        var slowness = Duration.zero
        var calls = 0
        var second: Int64 = 0
        var callsInSecond = 0
        var mostInSecond = 0
        var random: FastRandom
    }

    let name: String
    let store: MemoryQueueStore
    let ledger = StoreLedger()
    private let wall: SteppedTime
    private let began: Instant
    private let simulation: Simulation
    private let condition: Mutex<Condition>

    init(_ name: String, in simulation: Simulation) throws {
        self.name = name
        self.simulation = simulation
        let wall = SteppedTime(simulation.time)
        self.wall = wall
        began = wall.source.now
        condition = Mutex(Condition(random: simulation.generator(for: "site \(name)")))
        store = try MemoryQueueStore(
            configuration: .init(source: "/services/\(name)", deduplicationWindow: .seconds(86_400)),
            clock: QueueClock(
                time: wall.source, wallOrigin: Date(timeIntervalSince1970: 1_800_000_000),
                executor: simulation.taskExecutor, sleep: { try await simulation.wait(for: $0) }))
    }

    /// Microseconds of the store's clock.
    var now: Int64 { began.duration(to: wall.source.now).nanoseconds / 1_000 }

    /// Steps the clock that leases and delays are stored by, as if what keeps them had been started again under another
    /// wall time.
    func step(_ duration: Duration) { wall.step(duration) }

    /// Sets that clock to the latest that it ever showed, so that nothing is due much later than it should be.
    func catchUp() { wall.catchUp() }

    /// Lets so large a share of the calls fail.
    func fail(_ share: Double) { condition.withLock { $0.failing = share } }

    /// Lets each call take up to so long.
    func slow(_ duration: Duration) { condition.withLock { $0.slowness = duration } }

    /// How often the store was called.
    var calls: Int { condition.withLock { $0.calls } }

    /// The most calls of one second.
    var mostCalls: Int { condition.withLock { $0.mostInSecond } }

    func fate() -> Fate {
        let second = simulation.time.now.nanoseconds / 1_000_000_000
        return condition.withLock { state in
            state.calls += 1
            state.callsInSecond = state.second == second ? state.callsInSecond + 1 : 1
            state.second = second
            state.mostInSecond = max(state.mostInSecond, state.callsInSecond)
            let spread = max(.milliseconds(2), state.slowness).nanoseconds
            let fails = Double(state.random.next() >> 11) * 0x1p-53 < state.failing
            let isStored = state.random.next() % 2 == 0
            return Fate(
                before: .nanoseconds(Int64(state.random.next() % UInt64(spread)) + 50_000),
                after: .nanoseconds(Int64(state.random.next() % UInt64(spread)) + 50_000),
                failsBefore: fails && !isStored, failsAfter: fails && isStored)
        }
    }

    /// Ends the scenario if something doesn't hold, and keeps what happened for the comparison of two runs.
    func check(_ what: String, _ number: Int, _ problem: String?) {
        simulation.note("\(name) \(what)", UInt64(number))
        if let problem { simulation.fail("\(name): \(problem)") }
    }
}

/// A clock that somebody sets.
private final class SteppedTime: Sendable {
    private let time: TimeSource
    private let offset = Mutex((now: Duration.zero, most: Duration.zero))

    init(_ time: TimeSource) {
        self.time = time
    }

    var source: TimeSource {
        TimeSource { self.time.now.advanced(by: self.offset.withLock { $0.now }) }
    }

    func step(_ duration: Duration) {
        offset.withLock { $0 = ($0.now + duration, max($0.most, $0.now + duration)) }
    }

    func catchUp() { offset.withLock { $0.now = $0.most } }
}
