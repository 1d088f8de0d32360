// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

/// The rules written down as plainly as they can be, with lists in place of counters: slow and obviously right.
private struct ReferenceBreaker {
    struct Probe {
        var id: Int
        var since: Int64
    }

    enum Phase {
        case closed
        case open(until: Int64)
        case halfOpen
    }

    var configuration: CircuitBreakerConfiguration
    var phase = Phase.closed
    var permits: [Int: Int] = [:]
    var generation = 1
    var history: [(bucket: Int64, failed: Bool)] = []
    var newestBucket = Int64.min
    var run = 0
    var probes: [Probe] = []
    var lastProbe: Int64 = 0
    var succeeded = 0
    var tripsInARow = 0
    var late = 0

    mutating func catchUp(_ now: Int64) {
        while true {
            if case .open(let until) = phase, now >= until {
                phase = .halfOpen
                generation += 1
                probes = []
                succeeded = 0
            } else if case .halfOpen = phase, probes.count + succeeded == configuration.halfOpenPermits {
                let patience = configuration.probeDeadline ?? min(configuration.openDuration, .seconds(30))
                let due = lastProbe + patience.nanoseconds
                guard now >= due else { return }
                trip(due)
            } else {
                return
            }
        }
    }

    mutating func admit(_ id: Int, _ now: Int64) -> Bool {
        catchUp(now)
        switch phase {
        case .open: return false
        case .closed: break
        case .halfOpen:
            if probes.count + succeeded >= configuration.halfOpenPermits { return false }
            probes.append(Probe(id: id, since: now))
            lastProbe = now
        }
        permits[id] = generation
        return true
    }

    mutating func record(_ id: Int, _ outcome: CallOutcome, _ now: Int64) {
        catchUp(now)
        guard permits.removeValue(forKey: id) == generation else {
            late += 1
            return
        }
        if case .halfOpen = phase {
            probes.removeAll { $0.id == id }
            switch outcome {
            case .cancelled: break
            case .failure: trip(now)
            case .success:
                succeeded += 1
                if succeeded == configuration.halfOpenPermits {
                    phase = .closed
                    generation += 1
                    history = []
                    run = 0
                    tripsInARow = 0
                }
            }
            return
        }
        guard outcome != .cancelled else { return }
        let width = configuration.window.nanoseconds / Int64(configuration.windowBuckets)
        newestBucket = max(newestBucket, now / width)
        history.append((newestBucket, outcome == .failure))
        history.removeAll { $0.bucket <= newestBucket - Int64(configuration.windowBuckets) }
        run = outcome == .failure ? run + 1 : 0
        guard outcome == .failure else { return }
        let failures = history.count { $0.failed }
        if configuration.consecutiveFailures > 0, run >= configuration.consecutiveFailures {
            trip(now)
        } else if let rate = configuration.failureRate, history.count >= configuration.minimumCalls,
            Double(failures) / Double(history.count) >= rate - 1e-9
        {
            trip(now)
        }
    }

    mutating func trip(_ time: Int64) {
        var wait = Double(configuration.openDuration.nanoseconds)
        for _ in 0..<tripsInARow {
            wait = min(wait * configuration.openDurationFactor, Double(configuration.maximumOpenDuration.nanoseconds))
        }
        tripsInARow += 1
        generation += 1
        phase = .open(until: time + Int64(wait))
    }

    var phaseName: CircuitBreakerPhase {
        switch phase {
        case .closed: .closed
        case .open: .open
        case .halfOpen: .halfOpen
        }
    }
}

@Suite("The circuit breaker beside its reference model")
struct CircuitBreakerModelTests {
    @Test("agrees with it under random interleavings, clock jumps and cancellations", arguments: 0..<24)
    func agrees(_ world: Int) throws {
        let seed = UInt64.random(in: 0 ... .max)
        try run(seed: seed, steps: 4_000)
    }

    @Test("agrees with it for seeds that are always the same", arguments: 1...8)
    func agreesForKnownSeeds(_ seed: Int) throws {
        try run(seed: UInt64(seed), steps: 4_000)
    }

    private func run(seed: UInt64, steps: Int) throws {
        var random = FastRandom(seed: seed)
        let configuration = randomConfiguration(&random)
        var model = ReferenceBreaker(configuration: configuration)
        var state = try CircuitBreakerState(configuration)
        var held: [(id: Int, permit: HeldPermit)] = []
        var now: Int64 = 1_000_000_000_000
        var failing = false

        for step in 0..<steps {
            let note: Comment = "seed \(seed), step \(step), \(configuration)"
            now += randomStep(&random)
            if random.next() % 50 == 0 { failing.toggle() }
            let time = Instant(nanoseconds: now)
            if held.isEmpty || random.next() % 2 == 0 {
                let expected = model.admit(step, now)
                switch state.admit(now: time) {
                case .admitted(let permit):
                    #expect(expected, note)
                    held.append((step, HeldPermit(permit)))
                case .rejected(let retryAfter):
                    #expect(!expected, note)
                    #expect(retryAfter > .zero, note)
                }
            } else {
                let (id, permit) = held.remove(at: Int(random.next() % UInt64(held.count)))
                // Some permits are lost, as by a bug of the caller.
                if random.next() % 40 == 0 { continue }
                let outcome = randomOutcome(failing: failing, &random)
                model.record(id, outcome, now)
                guard let permit = permit.take() else { continue }
                state.record(permit, outcome, now: time)
            }
            try #require(state.phase == model.phaseName, note)
            try #require(state.generation == UInt64(model.generation), note)
            try #require(state.snapshot.counters.late == UInt64(model.late), note)
            if state.phase == .closed {
                try #require(state.snapshot.consecutiveFailures == model.run, note)
                try #require(state.snapshot.windowCalls == model.history.count, note)
            }
            if held.count > 40 { held.removeFirst() }
        }
        #expect(state.snapshot.counters.trips > 0 || configuration.consecutiveFailures == 0, "seed \(seed)")
    }

    private func randomConfiguration(_ random: inout FastRandom) -> CircuitBreakerConfiguration {
        var configuration = CircuitBreakerConfiguration()
        configuration.consecutiveFailures = Int.random(in: 0...6, using: &random)
        configuration.failureRate =
            Bool.random(using: &random) ? Double(Int.random(in: 1...10, using: &random)) / 10 : nil
        configuration.minimumCalls = Int.random(in: 1...20, using: &random)
        configuration.window = .milliseconds(Int.random(in: 100...5_000, using: &random))
        configuration.windowBuckets = Int.random(in: 1...16, using: &random)
        configuration.openDuration = .milliseconds(Int.random(in: 1...2_000, using: &random))
        configuration.openDurationFactor = [1, 1.5, 2, 10].randomElement(using: &random) ?? 1
        configuration.maximumOpenDuration = .seconds(Int.random(in: 2...20, using: &random))
        configuration.halfOpenPermits = Int.random(in: 1...5, using: &random)
        configuration.probeDeadline =
            Bool.random(using: &random) ? .milliseconds(Int.random(in: 1...3_000, using: &random)) : nil
        return configuration
    }

    private func randomStep(_ random: inout FastRandom) -> Int64 {
        switch random.next() % 100 {
        case 0: Int64.random(in: 0...100_000_000_000_000, using: &random)
        case 1...3: Int64.random(in: 0...10_000_000_000, using: &random)
        case 4...20: 0
        default: Int64.random(in: 0...100_000_000, using: &random)
        }
    }

    private func randomOutcome(failing: Bool, _ random: inout FastRandom) -> CallOutcome {
        switch random.next() % 10 {
        case 0: .cancelled
        case 1...7: failing ? .failure : .success
        default: failing ? .success : .failure
        }
    }
}
