// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Synchronization
import Testing

@Suite("The circuit breakers of a process")
struct CircuitBreakersTests {
    private let time = ManualTime()

    private func breakers(maximumCount: Int = 3) throws -> CircuitBreakers {
        var configuration = CircuitBreakerConfiguration()
        configuration.consecutiveFailures = 1
        return try CircuitBreakers(configuration: configuration, maximumCount: maximumCount, time: time.source)
    }

    @Test("are one for each instance, service and route, and always the same")
    func keys() throws {
        let breakers = try breakers(maximumCount: 10)
        let keys: [CircuitBreakerKey] = [
            .service("users"), .instance("users-1", service: "users"), .instance("users-2", service: "users"),
            .route("users-1", service: "users"),
        ]
        let made = try keys.map { try breakers.breaker(for: $0) }
        for (index, key) in keys.enumerated() {
            #expect(try breakers.breaker(for: key) === made[index])
            #expect(breakers[key] === made[index])
            #expect(made[index].service == "users")
        }
        #expect(Set(made.map(ObjectIdentifier.init)).count == 4)
        #expect(breakers[.service("orders")] == nil)
    }

    @Test("are listed with what they know, by name")
    func listed() throws {
        let breakers = try breakers(maximumCount: 10)
        try breakers.breaker(for: .service("users")).recordNow(.failure)
        _ = try breakers.breaker(for: .route("list", service: "orders"))
        _ = try breakers.breaker(for: .instance("o-1", service: "orders"))
        let list = breakers.snapshots
        #expect(list.map(\.key.description) == ["instance o-1 of orders", "route list to orders", "service users"])
        #expect(list.map(\.snapshot.phase) == [.closed, .closed, .open])
    }

    @Test("make room for a new one by forgetting the one that was asked for longest ago")
    func evictsLeastRecentlyUsed() throws {
        let breakers = try breakers()
        for name in ["a", "b", "c"] { _ = try breakers.breaker(for: .service(name)) }
        _ = try breakers.breaker(for: .service("a"))
        _ = try breakers.breaker(for: .service("d"))
        #expect(breakers.snapshots.map(\.key.service) == ["a", "c", "d"])
    }

    @Test("forget none that somebody holds or that isn't closed, as long as there is another")
    func keepsUsed() throws {
        let breakers = try breakers()
        let held = try breakers.breaker(for: .service("held"))
        try breakers.breaker(for: .service("open")).recordNow(.failure)
        for name in ["a", "b", "c"] { _ = try breakers.breaker(for: .service(name)) }
        #expect(breakers.snapshots.map(\.key.service) == ["c", "held", "open"])
        #expect(breakers[.service("held")] === held)
    }

    @Test("stay within the bound even if all are held")
    func bounded() throws {
        let breakers = try breakers()
        let held = try (0..<100).map { try breakers.breaker(for: .service("\($0)")) }
        #expect(breakers.snapshots.map(\.key.service) == ["97", "98", "99"])
        held[0].recordNow(.success)
        #expect(held[0].snapshot.counters.successes == 1, "one that was forgotten works for who holds it")
    }

    @Test("are forgotten on request")
    func removed() throws {
        let breakers = try breakers()
        let first = try breakers.breaker(for: .service("a"))
        breakers.remove(.service("a"))
        #expect(breakers.snapshots.isEmpty)
        #expect(try breakers.breaker(for: .service("a")) !== first)
    }

    @Test("are configured anew together, and new ones like them")
    func reconfigured() throws {
        let breakers = try breakers()
        let old = try breakers.breaker(for: .service("old"))
        var configuration = CircuitBreakerConfiguration()
        configuration.consecutiveFailures = 2
        try breakers.reconfigure(configuration)
        for breaker in [old, try breakers.breaker(for: .service("new"))] {
            breaker.recordNow(.failure)
            #expect(breaker.snapshot.phase == .closed)
            breaker.recordNow(.failure)
            #expect(breaker.snapshot.phase == .open)
        }
        configuration.consecutiveFailures = -1
        #expect(throws: InvalidConfiguration.self) { try breakers.reconfigure(configuration) }
    }

    @Test("may have configurations of their own")
    func ownConfiguration() throws {
        let breakers = try breakers()
        var configuration = CircuitBreakerConfiguration()
        configuration.mode = .disabled
        let breaker = try breakers.breaker(for: .service("a"), configuration: configuration)
        #expect(breaker.snapshot.mode == .disabled)
        configuration.halfOpenPermits = 0
        #expect(throws: InvalidConfiguration.self) {
            try breakers.breaker(for: .service("b"), configuration: configuration)
        }
        #expect(breakers[.service("b")] == nil)
    }

    @Test("tell of transitions by key, and may be asked meanwhile")
    func transitions() throws {
        let holder = Mutex<CircuitBreakers?>(nil)
        let seen = Mutex<[String]>([])
        var configuration = CircuitBreakerConfiguration()
        configuration.consecutiveFailures = 1
        let breakers = try CircuitBreakers(configuration: configuration, time: time.source) { key, transition in
            let count = holder.withLock { $0 }?.snapshots.count ?? 0
            seen.withLock { $0.append("\(key): \(transition.to), \(count)") }
        }
        holder.withLock { $0 = breakers }
        try breakers.breaker(for: .service("users")).recordNow(.failure)
        #expect(seen.withLock { $0 } == ["service users: open, 1"])
        holder.withLock { $0 = nil }
    }

    @Test("are refused with every problem")
    func invalid() throws {
        var configuration = CircuitBreakerConfiguration()
        configuration.halfOpenPermits = 0
        let error = #expect(throws: InvalidConfiguration.self) {
            try CircuitBreakers(configuration: configuration, maximumCount: 0)
        }
        #expect(error?.problems.map(\.key) == ["halfOpenPermits", "maximumCount"])
    }
}
