// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

/// A breaker that is compared with the model: the state alone, or the state behind lock and counters.
private protocol BreakerSubject {
    /// Whether the permit of a probe that is dropped comes back by itself.
    static var takesBackProbes: Bool { get }
    /// Whether it reads the clock itself at even times, and at an admission only if it must.
    static var readsClock: Bool { get }
    init(_ configuration: CircuitBreakerConfiguration, random: FastRandom) throws
    var snapshot: CircuitBreakerSnapshot { get }
    mutating func admit(_ now: Instant) -> HeldPermit?
    mutating func record(_ permit: consuming CircuitBreakerPermit, _ outcome: CallOutcome, _ now: Instant)
    mutating func drop(_ permit: consuming CircuitBreakerPermit, _ now: Instant)
    mutating func switchMode(_ mode: CircuitBreakerMode, _ now: Instant)
    mutating func reset(_ now: Instant)
    mutating func reconfigure(_ configuration: CircuitBreakerConfiguration, _ now: Instant) throws
}

private struct StateSubject: BreakerSubject {
    static let takesBackProbes = false
    static let readsClock = false
    var state: CircuitBreakerState

    init(_ configuration: CircuitBreakerConfiguration, random: FastRandom) throws {
        state = try CircuitBreakerState(configuration, random: random)
    }

    var snapshot: CircuitBreakerSnapshot { state.snapshot }

    mutating func admit(_ now: Instant) -> HeldPermit? {
        switch state.admit(now: now) {
        case .admitted(let permit): return HeldPermit(permit)
        case .rejected(let retryAfter):
            #expect(retryAfter > .zero)
            return nil
        }
    }

    mutating func record(_ permit: consuming CircuitBreakerPermit, _ outcome: CallOutcome, _ now: Instant) {
        state.record(permit, outcome, now: now)
        // Further signals that this outcome crossed.
        while state.mode == .metricsOnly, state.advance(to: now) != nil {}
    }

    mutating func drop(_ permit: consuming CircuitBreakerPermit, _ now: Instant) {}

    mutating func switchMode(_ mode: CircuitBreakerMode, _ now: Instant) { state.switchMode(to: mode, now: now) }

    mutating func reset(_ now: Instant) { state.reset(now: now) }

    mutating func reconfigure(_ configuration: CircuitBreakerConfiguration, _ now: Instant) throws {
        try state.reconfigure(configuration, now: now)
    }
}

private struct DriverSubject: BreakerSubject {
    static let takesBackProbes = true
    static let readsClock = true
    let breaker: CircuitBreaker
    let time = ManualTime()

    init(_ configuration: CircuitBreakerConfiguration, random: FastRandom) throws {
        breaker = try CircuitBreaker(configuration: configuration, time: time.source, random: random)
    }

    var snapshot: CircuitBreakerSnapshot { breaker.snapshot }

    private func move(to now: Instant) { time.advance(by: time.now.duration(to: now)) }

    mutating func admit(_ now: Instant) -> HeldPermit? {
        move(to: now)
        do throws(CallFailure) {
            return HeldPermit(now.nanoseconds % 2 == 0 ? try breaker.admit() : try breaker.admit(now: now))
        } catch {
            #expect(error.retryAfter ?? .zero > .zero)
            return nil
        }
    }

    mutating func record(_ permit: consuming CircuitBreakerPermit, _ outcome: CallOutcome, _ now: Instant) {
        move(to: now)
        if now.nanoseconds % 2 == 0 {
            breaker.record(permit, outcome)
        } else {
            breaker.record(permit, outcome, now: now)
        }
    }

    mutating func drop(_ permit: consuming CircuitBreakerPermit, _ now: Instant) { move(to: now) }

    mutating func switchMode(_ mode: CircuitBreakerMode, _ now: Instant) {
        move(to: now)
        breaker.switchMode(to: mode)
    }

    mutating func reset(_ now: Instant) {
        move(to: now)
        breaker.reset()
    }

    mutating func reconfigure(_ configuration: CircuitBreakerConfiguration, _ now: Instant) throws {
        move(to: now)
        try breaker.reconfigure(configuration)
    }
}

@Suite("The circuit breaker beside its reference model")
struct CircuitBreakerModelTests {
    @Test("agrees with it under random interleavings, clock jumps and cancellations", arguments: 0..<16)
    func agrees(_ world: Int) throws {
        let seed = UInt64.random(in: 0 ... .max)
        try run(StateSubject.self, seed: seed, steps: 3_000)
        try run(DriverSubject.self, seed: seed, steps: 3_000)
    }

    @Test("agrees with it for seeds that are always the same", arguments: 1...12)
    func agreesForKnownSeeds(_ seed: Int) throws {
        try run(StateSubject.self, seed: UInt64(seed), steps: 3_000)
        try run(DriverSubject.self, seed: UInt64(seed), steps: 3_000)
    }

    private func run<Subject: BreakerSubject>(_: Subject.Type, seed: UInt64, steps: Int) throws {
        var random = FastRandom(seed: seed)
        var configuration = randomConfiguration(&random)
        let chance = FastRandom(seed: seed ^ 1)
        var model = ReferenceBreaker(configuration, random: chance)
        var subject = try Subject(configuration, random: chance)
        var held: [(id: Int, permit: HeldPermit)] = []
        var now: Int64 = 1_000_000_000_000
        var failing = false

        for step in 0..<steps {
            let note = { [configuration] in
                Comment(rawValue: "\(Subject.self), seed \(seed), step \(step), \(configuration)")
            }
            now = max(1_000_000_000, now + randomStep(&random))
            if random.next() % 50 == 0 { failing.toggle() }
            let time = Instant(nanoseconds: now)
            let choice = random.next() % 1_000
            if choice < 5 {
                let mode = CircuitBreakerMode.allCases[Int(random.next() % 5)]
                model.switchMode(mode, now)
                subject.switchMode(mode, time)
            } else if choice < 8 {
                model.reset(now)
                subject.reset(time)
            } else if choice < 14 {
                configuration = randomConfiguration(&random)
                model.reconfigure(configuration, now)
                try subject.reconfigure(configuration, time)
            } else if held.isEmpty || choice % 2 == 0 {
                let permit = subject.admit(time)
                let isMeasured = !Subject.readsClock || now % 2 != 0 || configuration.slowCallRate != nil
                #expect((permit != nil) == model.admit(step, now, isMeasured: isMeasured), note())
                if let permit { held.append((step, permit)) }
            } else {
                let (id, permit) = held.remove(at: Int(random.next() % UInt64(held.count)))
                let isLost = random.next() % 40 == 0
                let outcome = randomOutcome(failing: failing, &random)
                guard let permit = permit.take() else { continue }
                if !isLost {
                    model.record(id, outcome, now)
                    subject.record(permit, outcome, time)
                } else {
                    if Subject.takesBackProbes, model.permits[id]?.isProbe == true { model.record(id, .cancelled, now) }
                    subject.drop(permit, time)
                }
            }
            model.events = model.events.suffix(configuration.historyLength)
            try compare(subject.snapshot, model, note)
        }
        // What is still out must not come back after the comparison.
        for (_, permit) in held { _ = permit.take() }
    }

    private func compare(_ snapshot: CircuitBreakerSnapshot, _ model: ReferenceBreaker, _ note: () -> Comment) throws {
        try #require(snapshot.phase == model.phase, note())
        try #require(snapshot.mode == model.mode, note())
        try #require(snapshot.generation == model.generation, note())
        let counters: [(String, UInt64)] = [
            ("successes", snapshot.counters.successes), ("failures", snapshot.counters.failures),
            ("slow", snapshot.counters.slow), ("ignored", snapshot.counters.ignored),
            ("cancelled", snapshot.counters.cancelled), ("rejected", snapshot.counters.rejected),
            ("late", snapshot.counters.late), ("trips", snapshot.counters.trips),
        ]
        for (name, value) in counters { try #require(value == model.counters[name, default: 0], "\(name), \(note())") }
        try #require(snapshot.history.count == model.events.count, note())
        if let last = snapshot.history.last {
            let event = ReferenceBreaker.Event(
                from: last.from, to: last.to, reason: last.reason, at: last.at.nanoseconds, generation: last.generation)
            try #require(event == model.events.last, note())
        }
        if snapshot.phase == .halfOpen { try #require(snapshot.probesOut == model.probes.count, note()) }
        if let openUntil = snapshot.openUntil { try #require(openUntil.nanoseconds == model.openUntil, note()) }
        guard snapshot.phase == .closed else { return }
        try #require(snapshot.consecutiveFailures == model.run, note())
        try #require(snapshot.windowCalls == model.calls.count, note())
        let (failures, slow) = (model.calls.count { $0.failed }, model.calls.count { $0.slow })
        try #require(snapshot.windowFailures == failures, note())
        try #require(snapshot.windowSlow == slow, note())
    }

    private func randomConfiguration(_ random: inout FastRandom) -> CircuitBreakerConfiguration {
        var configuration = CircuitBreakerConfiguration()
        configuration.consecutiveFailures = Int.random(in: 0...6, using: &random)
        configuration.failureRate = randomShare(&random)
        configuration.slowCallRate = randomShare(&random)
        configuration.slowCallDuration = .milliseconds(Int.random(in: 1...2_000, using: &random))
        configuration.minimumCalls = Int.random(in: 1...20, using: &random)
        if Bool.random(using: &random) {
            let length = Duration.milliseconds(Int.random(in: 100...5_000, using: &random))
            configuration.window = .time(length, buckets: Int.random(in: 1...16, using: &random))
        } else {
            configuration.window = .count(configuration.minimumCalls + Int.random(in: 0...60, using: &random))
        }
        configuration.tripsOnRetryAfter = random.next() % 4 == 0
        configuration.openDuration = .milliseconds(Int.random(in: 1...2_000, using: &random))
        configuration.openDurationFactor = [1, 1.5, 2, 10].randomElement(using: &random) ?? 1
        configuration.maximumOpenDuration = .seconds(Int.random(in: 2...20, using: &random))
        configuration.openDurationJitter = [0, 0, 0.5].randomElement(using: &random) ?? 0
        configuration.halfOpenPermits = Int.random(in: 1...5, using: &random)
        configuration.probeDeadline =
            Bool.random(using: &random) ? .milliseconds(Int.random(in: 1...3_000, using: &random)) : nil
        configuration.slowProbesFail = Bool.random(using: &random)
        configuration.historyLength = Int.random(in: 0...4, using: &random)
        return configuration
    }

    private func randomShare(_ random: inout FastRandom) -> Double? {
        Bool.random(using: &random) ? Double(Int.random(in: 1...10, using: &random)) / 10 : nil
    }

    private func randomStep(_ random: inout FastRandom) -> Int64 {
        switch random.next() % 100 {
        case 0: Int64.random(in: 0...100_000_000_000_000, using: &random)
        case 1...3: Int64.random(in: 0...10_000_000_000, using: &random)
        case 4...8: -Int64.random(in: 0...50_000_000, using: &random)
        case 9...25: 0
        default: Int64.random(in: 0...100_000_000, using: &random)
        }
    }

    private func randomOutcome(failing: Bool, _ random: inout FastRandom) -> CallOutcome {
        switch random.next() % 20 {
        case 0: .cancelled
        case 1: .ignored
        case 2: .failureRetryAfter(.milliseconds(Int64(random.next() % 30_000)))
        case 3...15: failing ? .failure : .success
        default: failing ? .success : .failure
        }
    }
}
