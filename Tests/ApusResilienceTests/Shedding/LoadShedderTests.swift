// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("A load shedder")
struct LoadShedderTests {
    private var now = Instant(nanoseconds: 1_000_000_000_000)

    private func state(_ change: (inout LoadShedderConfiguration) -> Void = { _ in }) throws -> LoadShedderState {
        var configuration = LoadShedderConfiguration()
        change(&configuration)
        return try LoadShedderState(configuration, random: FastRandom(seed: 1))
    }

    /// A window of requests that begin after `delay` and end at once.
    private mutating func window(
        _ state: inout LoadShedderState, delay: Duration, requests: Int = 200, _ priority: CallPriority = .normal
    ) -> Int {
        var shed = 0
        for _ in 0..<requests {
            now = now.advanced(by: .milliseconds(100) / requests)
            if case .rejected = state.admit(priority, waited: delay, now: now) {
                shed += 1
            } else {
                state.finish(now: now)
            }
        }
        return shed
    }

    @Test("sheds nothing until it has seen a window")
    mutating func coldStart() throws {
        var state = try state()
        #expect(window(&state, delay: .milliseconds(50)) <= 1)
        #expect(window(&state, delay: .milliseconds(50)) > 0)
        #expect(state.snapshot.isOverloaded)
    }

    @Test("isn't moved by bursts: one request of a window without delay is enough")
    mutating func bursts() throws {
        var state = try state()
        for _ in 0..<20 {
            #expect(window(&state, delay: .milliseconds(200), requests: 50) == 0)
            state.observe(delay: .zero, now: now)
        }
        #expect(!state.snapshot.isOverloaded)
    }

    @Test("isn't moved by a single pause of an idle process")
    mutating func pause() throws {
        var state = try state()
        for _ in 0..<5 {
            now = now.advanced(by: .seconds(1))
            state.observe(delay: .milliseconds(90), now: now)
            guard case .admitted = state.admit(.sheddable, now: now) else {
                Issue.record("it shed the only request")
                return
            }
            state.finish(now: now)
        }
        #expect(!state.snapshot.isOverloaded)
    }

    @Test("isn't moved by slow handlers: only what isn't started counts")
    mutating func slowHandlers() throws {
        var state = try state()
        for _ in 0..<5_000 {
            now = now.advanced(by: .milliseconds(1))
            if case .rejected = state.admit(.sheddable, waited: .zero, now: now) { Issue.record("it shed one") }
        }
        #expect(state.snapshot.inFlight == 5_000)
    }

    @Test("bounds what is in flight, the least important first")
    mutating func inFlight() throws {
        var state = try state { $0.maximumInFlight = 100 }
        for (priority, share) in zip(CallPriority.allCases, [70, 80, 90, 100]) {
            var admitted = 0
            while case .admitted = state.admit(priority, now: now) { admitted += 1 }
            #expect(state.snapshot.inFlight == share)
            #expect(admitted > 0)
        }
        #expect(state.snapshot.shed(for: .inFlight) == 4)
        for _ in 0..<200 { state.finish(now: now) }
        #expect(state.snapshot.inFlight == 0)
    }

    @Test("refuses who would be started too late, before any window has ended")
    mutating func queueLength() throws {
        var state = try state()
        var admitted: [Instant] = []
        for _ in 0..<20 {
            _ = state.admit(.normal, isQueued: true, now: now)
            admitted.append(now)
        }
        // One start a millisecond.
        for start in admitted {
            now = now.advanced(by: .milliseconds(1))
            state.start(admitted: start, now: now)
        }
        var letThrough: [CallPriority: Int] = [:]
        for priority in CallPriority.allCases {
            while case .admitted = state.admit(priority, isQueued: true, now: now) {
                letThrough[priority, default: 0] += 1
            }
        }
        #expect(state.snapshot.shed(for: .queueLength) == 4)
        #expect(state.snapshot.waiting == 161, "eight times 20 ms, for the critical")
        #expect(letThrough[.sheddable] == 41)
        #expect(letThrough[.normal] == 20)
    }

    @Test("doesn't take an idle time for a slow start when the last who waited has left")
    mutating func departure() throws {
        var state = try state()
        for _ in 0..<20 {
            for _ in 0..<3 { _ = state.admit(.normal, isQueued: true, now: now) }
            for _ in 0..<2 {
                now = now.advanced(by: .milliseconds(1))
                state.start(admitted: now, now: now)
            }
            state.finish(isWaiting: true, now: now)
            // Nobody waits, and nobody comes.
            now = now.advanced(by: .seconds(60))
        }
        for _ in 0..<40 {
            guard case .admitted = state.admit(.normal, isQueued: true, now: now) else {
                Issue.record("it took the idle minutes for the time that a start takes")
                return
            }
        }
    }

    @Test("says why and when to return: the later the more is offered, spread by chance")
    mutating func rejection() throws {
        var state = try state()
        for _ in 0..<5 { _ = window(&state, delay: .milliseconds(300), requests: 500) }
        var seen: [LoadShedderRejection] = []
        for _ in 0..<200 {
            if case .rejected(let rejection) = state.admit(.sheddable, now: now) { seen.append(rejection) }
        }
        #expect(seen.count > 50)
        #expect(seen.allSatisfy { $0.reason == .queueingDelay })
        #expect(seen.allSatisfy { $0.retryAfter >= .seconds(1) && $0.retryAfter <= .seconds(45) })
        #expect(Set(seen.map(\.retryAfter)).count > 20)
    }

    @Test("sheds the sheddable as the CPU is used up, and nobody any more when it is free again")
    mutating func cpu() throws {
        var state = try state()
        for _ in 0..<40 {
            now = now.advanced(by: .seconds(1))
            state.observe(cpu: 1, now: now)
        }
        var shed = 0
        for _ in 0..<1_000 { if case .rejected = state.admit(.sheddable, now: now) { shed += 1 } }
        #expect(shed > 800)
        #expect(state.snapshot.shed(for: .cpu) == UInt64(shed))
        for _ in 0..<1_000 {
            if case .rejected = state.admit(.normal, now: now) { Issue.record("it shed a normal one") }
        }
        now = now.advanced(by: .seconds(1))
        state.observe(cpu: 0.5, now: now)
        for _ in 0..<1_000 { if case .rejected = state.admit(.sheddable, now: now) { Issue.record("it still sheds") } }
        state.observe(cpu: .nan, now: now)
        #expect(state.snapshot.cpu == 0.5)
    }

    @Test("forgets a CPU that nobody tells any more")
    mutating func staleCPU() throws {
        var state = try state()
        for _ in 0..<40 { state.observe(cpu: 1, now: now) }
        // A window begins just before it is too old.
        now = now.advanced(by: .milliseconds(4_990))
        state.observe(delay: .zero, now: now)
        now = now.advanced(by: .milliseconds(11))
        #expect(window(&state, delay: .zero, .sheddable) == 0)
        #expect(state.snapshot.cpu == nil)
    }

    @Test("forgets an overload after a time without requests")
    mutating func forgets() throws {
        var state = try state()
        for _ in 0..<5 { _ = window(&state, delay: .milliseconds(300)) }
        #expect(state.snapshot.isOverloaded)
        for _ in 0..<5 {
            now = now.advanced(by: .seconds(1))
            state.observe(delay: .zero, now: now)
        }
        #expect(!state.snapshot.isOverloaded)
    }

    @Test("never shuts out everyone, and finds back however wrong its idea of the capacity is")
    mutating func findsBack() throws {
        var state = try state()
        // Nothing ends, and all waits for seconds.
        for _ in 0..<300 {
            now = now.advanced(by: .milliseconds(20))
            _ = state.admit(.normal, waited: .seconds(30), now: now)
        }
        #expect(state.snapshot.isOverloaded)
        #expect(state.snapshot.capacity < 100)
        var shed = 0
        for _ in 0..<30 { shed = window(&state, delay: .zero, requests: 1_000) }
        #expect(shed == 0, "10,000 a second, three seconds later")
        #expect(!state.snapshot.isOverloaded)
    }

    @Test("keeps its counts in order for any events")
    func counts() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = FastRandom(seed: seed)
        var state = try state { $0.maximumInFlight = 50 }
        var now = Instant(nanoseconds: 0)
        var queued: [Instant] = []
        var running = 0
        for step in 0..<20_000 {
            now.nanoseconds += Int64.random(in: -1_000_000...20_000_000, using: &random)
            switch random.next() % 6 {
            case 0, 1:
                let isQueued = Bool.random(using: &random)
                let priority = CallPriority.allCases.randomElement(using: &random) ?? .normal
                if case .admitted = state.admit(priority, isQueued: isQueued, now: now) {
                    if isQueued { queued.append(now) } else { running += 1 }
                }
            case 2:
                guard let admitted = queued.popLast() else { continue }
                state.start(admitted: admitted, now: now)
                running += 1
            case 3:
                if running > 0 {
                    running -= 1
                    state.finish(now: now)
                } else if queued.popLast() != nil {
                    state.finish(isWaiting: true, now: now)
                }
            case 4:
                state.observe(delay: .milliseconds(Int.random(in: -5...200, using: &random)), now: now)
            default:
                state.observe(cpu: Double.random(in: -1...2, using: &random), now: now)
            }
            try #require(state.snapshot.inFlight == running + queued.count, "seed \(seed), step \(step)")
            try #require(state.snapshot.waiting == queued.count, "seed \(seed), step \(step)")
            try #require(state.snapshot.inFlight <= 50, "seed \(seed), step \(step)")
        }
    }

    @Test("is refused with a configuration that makes no sense, naming every key")
    func validates() {
        #expect(LoadShedderConfiguration().validate().isEmpty)
        var configuration = LoadShedderConfiguration()
        configuration.targetDelay = .zero
        configuration.window = .zero
        configuration.minimumSamples = 0
        configuration.cpuTarget = .nan
        configuration.maximumInFlight = 0
        #expect(
            configuration.validate().map(\.key) == [
                "targetDelay", "window", "minimumSamples", "cpuTarget", "maximumInFlight",
            ])
        #expect(throws: InvalidConfiguration.self) { try LoadShedderState(configuration) }
        #expect(throws: InvalidConfiguration.self) { try LoadShedder(configuration) }
    }
}
