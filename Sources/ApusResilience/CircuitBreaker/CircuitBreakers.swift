// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

/// The circuit breakers of a process by what they stand in front of, in bounded number, made when they are first asked
/// for.
///
/// When there is no room for another, one goes: if possible one that nobody else holds, that is closed and enabled, and
/// of these the one that was asked for longest ago. A breaker that went keeps working for who holds it, but is no
/// longer listed. Looking for it takes time in proportion to the bound, so keep the keys to what the configuration and
/// the registry name, and hold on to a breaker instead of asking for it with each call.
///
/// Safe to use from any thread.
public final class CircuitBreakers: Sendable {
    private struct Entry {
        var breaker: CircuitBreaker
        var lastUse: UInt64
    }

    private struct Table {
        var entries: [CircuitBreakerKey: Entry] = [:]
        var uses: UInt64 = 0
        var configuration: CircuitBreakerConfiguration
    }

    private let table: Mutex<Table>
    private let maximumCount: Int
    private let time: TimeSource
    private let onTransition: (@Sendable (CircuitBreakerKey, CircuitBreakerTransition) -> Void)?

    /// - Parameters:
    ///   - configuration: of each breaker.
    ///   - maximumCount: how many are remembered. Default 4,096; 1 to 1,000,000. Each takes about 2 KiB, and its history.
    ///   - time: the clock, the machine's by default.
    ///   - onTransition: called after each transition of any of them, as for a single ``CircuitBreaker``.
    /// - Throws: ``InvalidConfiguration`` with every problem.
    public init(
        configuration: CircuitBreakerConfiguration = .init(), maximumCount: Int = 4_096, time: TimeSource = .system,
        onTransition: (@Sendable (CircuitBreakerKey, CircuitBreakerTransition) -> Void)? = nil
    ) throws(InvalidConfiguration) {
        var problems = configuration.validate()
        problems.requireInteger("maximumCount", maximumCount, in: 1...1_000_000)
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.maximumCount = maximumCount
        self.time = time
        self.onTransition = onTransition
        table = Mutex(Table(configuration: configuration))
    }

    /// The breaker of `key`: always the same, as long as it is remembered.
    ///
    /// - Parameter configuration: of a breaker that is made now, if not that of all. An existing one isn't changed.
    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public func breaker(
        for key: CircuitBreakerKey, configuration: CircuitBreakerConfiguration? = nil
    ) throws(InvalidConfiguration) -> CircuitBreaker {
        // What goes is let go of outside the lock: it may hold anything through its callback.
        var evicted: CircuitBreaker?
        defer { withExtendedLifetime(evicted) {} }
        return try table.withLock { table throws(InvalidConfiguration) in
            table.uses += 1
            if let index = table.entries.index(forKey: key) {
                table.entries.values[index].lastUse = table.uses
                return table.entries.values[index].breaker
            }
            let breaker = try make(key, configuration ?? table.configuration)
            if table.entries.count >= maximumCount { evicted = Self.makeRoom(in: &table.entries) }
            table.entries[key] = Entry(breaker: breaker, lastUse: table.uses)
            return breaker
        }
    }

    /// The breaker of `key`, if there is one. Doesn't count as use.
    public subscript(key: CircuitBreakerKey) -> CircuitBreaker? {
        table.withLock { $0.entries[key]?.breaker }
    }

    /// What every breaker knows, in the order of their names.
    public var snapshots: [(key: CircuitBreakerKey, snapshot: CircuitBreakerSnapshot)] {
        table.withLock { table in table.entries.map { ($0.key, $0.value.breaker) } }
            .map { (key: $0.0, name: "\($0.0)", snapshot: $0.1.snapshot) }
            .sorted { $0.name < $1.name }
            .map { (key: $0.key, snapshot: $0.snapshot) }
    }

    /// Forgets the breaker of a peer that is gone.
    public func remove(_ key: CircuitBreakerKey) {
        let removed = table.withLock { $0.entries.removeValue(forKey: key) }
        withExtendedLifetime(removed) {}
    }

    /// Goes on with another configuration, also for the breakers that were made with one of their own.
    ///
    /// - Throws: ``InvalidConfiguration`` with every problem; the old configuration stays in force.
    public func reconfigure(_ configuration: CircuitBreakerConfiguration) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        let breakers = table.withLock { table in
            table.configuration = configuration
            return table.entries.values.map(\.breaker)
        }
        for breaker in breakers { try breaker.reconfigure(configuration) }
    }

    private func make(
        _ key: CircuitBreakerKey, _ configuration: CircuitBreakerConfiguration
    ) throws(InvalidConfiguration) -> CircuitBreaker {
        var tell: (@Sendable (CircuitBreakerTransition) -> Void)?
        if let onTransition { tell = { onTransition(key, $0) } }
        return try CircuitBreaker(
            service: key.service, configuration: configuration, time: time, onTransition: tell)
    }

    private static func makeRoom(in entries: inout [CircuitBreakerKey: Entry]) -> CircuitBreaker? {
        var candidate: Dictionary<CircuitBreakerKey, Entry>.Index?
        var lowest = (Int.max, Int.max, UInt64.max)
        var index = entries.startIndex
        // Not `entries.indices`: they hold a copy, and then every breaker is referenced twice.
        while index != entries.endIndex {
            let isHeld = !isKnownUniquelyReferenced(&entries.values[index].breaker)
            let snapshot = entries.values[index].breaker.snapshot
            let isBusy = snapshot.phase != .closed || snapshot.mode != .enabled
            let rank = (isHeld ? 1 : 0, isBusy ? 1 : 0, entries.values[index].lastUse)
            if rank < lowest { (candidate, lowest) = (index, rank) }
            entries.formIndex(after: &index)
        }
        return candidate.map { entries.remove(at: $0).value.breaker }
    }
}
