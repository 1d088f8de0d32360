// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Synchronization
import Testing

@Suite("Outlier detection on the candidates of a balancer")
struct OutlierDetectionTests {
    private let time = ManualTime()
    private let balancer: Balancer<Int, AnyBalancingPolicy>

    init() throws {
        balancer = try Balancer(BalancingConfiguration(.random), random: FastRandom(seed: 1), time: time.source)
        balancer.replace(by: (0..<10).map { BalancedInstance(id: "\($0)", target: $0) })
    }

    private var candidates: [Candidate] { balancer.set.candidates }
    private var ejected: [String] { candidates.filter { $0.unusable.contains(.ejected) }.map(\.id) }

    private func detection(
        _ change: (inout OutlierConfiguration) -> Void = { _ in },
        onChange: (@Sendable (OutlierChange) -> Void)? = nil
    ) throws -> OutlierDetection {
        var configuration = OutlierConfiguration()
        change(&configuration)
        return try OutlierDetection(
            configuration, random: FastRandom(seed: 1), time: time.source, onChange: onChange
        ) { [balancer] in balancer.set.candidates }
    }

    private func record(_ detection: OutlierDetection, _ outcomes: OutlierOutcome..., of index: Int) {
        for outcome in outcomes { detection.record(outcome, of: candidates[index], now: time.now) }
    }

    @Test("ejects at the fifth failure in a row, not before, and a success begins a new run")
    func consecutive() throws {
        let detection = try detection()
        record(detection, .failure, .failure, .failure, .failure, .success, of: 3)
        record(detection, .failure, .failure, .failure, .failure, of: 3)
        #expect(ejected.isEmpty)
        record(detection, .failure, of: 3)
        #expect(ejected == ["3"])
        #expect(!(0..<100).contains { _ in balancer.pick()?.target == 3 })
    }

    @Test("ejects at the third call in a row without an answer; an answer with an error begins a new run")
    func gatewayFailures() throws {
        let detection = try detection()
        record(detection, .gatewayFailure, .gatewayFailure, .failure, .gatewayFailure, of: 3)
        #expect(ejected.isEmpty)
        record(detection, .success, .gatewayFailure, .gatewayFailure, .gatewayFailure, of: 3)
        #expect(ejected == ["3"])
        guard case .ejected(let reason, _)? = detection.history.last?.kind else {
            Issue.record("\(detection.history)")
            return
        }
        #expect(reason == .consecutiveGatewayFailures(3))
    }

    @Test("takes a cancelled call for neither")
    func cancelled() throws {
        let detection = try detection()
        for _ in 0..<100 { record(detection, .cancelled, of: 3) }
        record(detection, .failure, .failure, .failure, .failure, .cancelled, .failure, of: 3)
        #expect(ejected == ["3"], "nor does it end a run")
    }

    @Test("takes the instance back when the time is over, with clean counts and a slow start")
    func returns() throws {
        let detection = try detection()
        record(detection, .failure, .failure, .failure, .failure, .failure, of: 3)
        record(detection, .failure, .failure, .failure, .failure, of: 3)
        time.advance(by: .seconds(29))
        detection.advance(to: time.now)
        #expect(ejected == ["3"])
        time.advance(by: .seconds(1))
        record(detection, .success, of: 0)
        #expect(ejected.isEmpty, "the result of another brings it back")
        #expect(candidates[3].startedAt == time.now)
        record(detection, .failure, .failure, .failure, .failure, of: 3)
        #expect(ejected.isEmpty, "late failures of before don't count")
        #expect(detection.history.map(\.kind).last == .returned)
    }

    @Test("takes it back when a health check passes")
    func recovers() throws {
        let detection = try detection()
        record(detection, .gatewayFailure, .gatewayFailure, .gatewayFailure, of: 3)
        detection.recover(candidates[3], now: time.now)
        #expect(ejected.isEmpty)
    }

    @Test("judges the rates of an interval at its end, once")
    func rates() throws {
        let detection = try detection { $0.consecutiveFailures = 0 }
        for index in 0..<10 {
            for call in 0..<200 { record(detection, index == 4 && call % 10 < 9 ? .failure : .success, of: index) }
        }
        #expect(ejected.isEmpty)
        time.advance(by: .seconds(10))
        detection.advance(to: time.now)
        #expect(ejected == ["4"])
        time.advance(by: .seconds(10))
        detection.advance(to: time.now)
        #expect(detection.history.count == 1, "the counts began anew")
    }

    @Test("leaves one usable instance when all fail, and only so many out as it may")
    func total() throws {
        for share in [0.1, 0.5, 1.0] {
            let detection = try detection { $0.maximumEjected = share }
            for _ in 0..<50 {
                for index in 0..<10 { record(detection, .gatewayFailure, of: index) }
            }
            #expect(ejected.count == min(9, Int(share * 10)))
            #expect(detection.prevented > 0)
            detection.stop()
            #expect(ejected.isEmpty)
        }
    }

    @Test("never takes the last that other reasons leave")
    func lastUsable() throws {
        let detection = try detection { $0.maximumEjected = 1 }
        for candidate in candidates.dropFirst() { candidate.mark(.unhealthy, true) }
        for _ in 0..<50 { record(detection, .gatewayFailure, of: 0) }
        #expect(ejected.isEmpty)
    }

    @Test("ends its ejections when it goes away")
    func goesAway() throws {
        var detection: OutlierDetection? = try detection()
        if let detection { record(detection, .gatewayFailure, .gatewayFailure, .gatewayFailure, of: 3) }
        #expect(ejected == ["3"])
        detection = nil
        #expect(ejected.isEmpty)
    }

    @Test("keeps ejections through changes of the set and of the configuration")
    func survives() throws {
        let detection = try detection()
        record(detection, .gatewayFailure, .gatewayFailure, .gatewayFailure, of: 3)
        balancer.replace(by: (2..<12).map { BalancedInstance(id: "\($0)", target: $0) })
        var configuration = OutlierConfiguration()
        configuration.consecutiveGatewayFailures = 1
        configuration.maximumEjected = 0.2
        try detection.reconfigure(configuration)
        #expect(ejected == ["3"])
        record(detection, .gatewayFailure, of: 9)
        #expect(ejected.count == 2)
        #expect(throws: InvalidConfiguration.self) {
            configuration.jitter = -1
            try detection.reconfigure(configuration)
        }
    }

    @Test("takes an instance that comes back under its old id for another")
    func sameID() throws {
        let detection = try detection()
        record(detection, .gatewayFailure, .gatewayFailure, .gatewayFailure, of: 3)
        balancer.replace(by: (4..<10).map { BalancedInstance(id: "\($0)", target: $0) })
        balancer.replace(by: (0..<10).map { BalancedInstance(id: "\($0)", target: $0) })
        #expect(ejected.isEmpty)
        record(detection, .gatewayFailure, .gatewayFailure, .gatewayFailure, of: 3)
        #expect(ejected == ["3"])
    }

    @Test("tells of changes outside its lock")
    func callback() throws {
        let told = Mutex<[String]>([])
        let box = Mutex<OutlierDetection?>(nil)
        let detection = try detection(onChange: { change in
            // Asking from within would wait for ever if the lock were held.
            let count = box.withLock { $0 }?.history.count ?? -1
            told.withLock { $0.append("\(change.id) \(count)") }
        })
        box.withLock { $0 = detection }
        record(detection, .gatewayFailure, .gatewayFailure, .gatewayFailure, of: 3)
        time.advance(by: .seconds(30))
        detection.advance(to: time.now)
        #expect(told.withLock { $0 } == ["3 1", "3 2"])
        box.withLock { $0 = nil }
    }

    @Test("brings instances back in a task of its own until that is cancelled", .timeLimit(.minutes(1)))
    func runs() async throws {
        let (changes, told) = AsyncStream<OutlierChange>.makeStream()
        let clock = time
        let time = TimeSource(
            { clock.now },
            sleepingUntil: { (instant) throws(CancellationError) in
                if Task.isCancelled { throw CancellationError() }
                // The clock jumps to whatever is waited for.
                clock.advance(by: clock.now.duration(to: instant))
                await Task.yield()
            })
        let detection = try OutlierDetection(time: time, onChange: { told.yield($0) }) { [balancer] in
            balancer.set.candidates
        }
        record(detection, .gatewayFailure, .gatewayFailure, .gatewayFailure, of: 3)
        let task = Task { await detection.run() }
        for await change in changes where change.kind == .returned { break }
        #expect(ejected.isEmpty)
        task.cancel()
        await task.value
    }

    @Test("counts right under contention, and never takes the last", .timeLimit(.minutes(1)))
    func contended() async throws {
        let detection = try detection { $0.maximumEjected = 1 }
        let (candidates, now) = (candidates, time.now)
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for call in 0..<2_000 {
                        detection.record(.failure, of: candidates[(worker + call) % 10], now: now)
                    }
                }
            }
        }
        #expect(ejected.count == 9)
        #expect(candidates.count(where: \.isUsable) == 1)
    }
}
