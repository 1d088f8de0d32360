// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Testing

@Suite("Outlier detection")
struct OutlierDetectorTests {
    private typealias Host = OutlierDetector.Host

    private var now = Instant(nanoseconds: 1_000_000_000_000)

    private func detector(
        jitter: UInt64 = 1, _ change: (inout OutlierConfiguration) -> Void = { _ in }
    ) throws -> OutlierDetector {
        var configuration = OutlierConfiguration()
        change(&configuration)
        return try OutlierDetector(configuration, random: FastRandom(seed: jitter))
    }

    private func hosts(_ count: Int, _ successes: Int = 0, _ failures: Int = 0) -> [Host] {
        (0..<count).map { Host(id: "host\($0)", successes: successes, failures: failures) }
    }

    /// Ejects a host for a run of failures and says for how long.
    private func eject(_ detector: inout OutlierDetector, _ id: String, _ hosts: [Host]) -> Duration? {
        guard
            case .ejected(_, let until)? = detector.eject(id, for: .consecutiveFailures(5), among: hosts, now: now)?
                .kind
        else { return nil }
        return now.duration(to: until)
    }

    @Test("ejects for failures in a row, with the reason in the change and the history")
    func consecutive() throws {
        var detector = try detector()
        let change = detector.eject("host1", for: .consecutiveFailures(5), among: hosts(10), now: now)
        let until = now.advanced(by: .seconds(30))
        #expect(change?.kind == .ejected(.consecutiveFailures(5), until: until))
        #expect(change?.at == now)
        #expect(detector.history.map(\.id) == ["host1"])
        #expect(detector.isEjected("host1") && !detector.isEjected("host0"))
        #expect(detector.nextReturn == until)
        #expect(detector.eject("host1", for: .consecutiveFailures(5), among: hosts(10), now: now) == nil, "out already")
        #expect(detector.eject("other", for: .consecutiveFailures(5), among: hosts(10), now: now) == nil, "unknown")
    }

    @Test("ends an ejection when its time is over, that moment included")
    mutating func returns() throws {
        var detector = try detector()
        _ = eject(&detector, "host1", hosts(10))
        now = now.advanced(by: .nanoseconds(Duration.seconds(30).nanoseconds - 1))
        #expect(detector.returnDue(now: now).isEmpty)
        now = now.advanced(by: .nanoseconds(1))
        #expect(detector.returnDue(now: now).map(\.kind) == [.returned])
        #expect(!detector.isEjected("host1"))
        #expect(detector.nextReturn == nil)
    }

    @Test("takes an instance back when its health check passes")
    func recovers() throws {
        var detector = try detector()
        _ = eject(&detector, "host1", hosts(10))
        #expect(detector.recover("host1", now: now)?.kind == .recovered)
        #expect(detector.recover("host1", now: now) == nil)
    }

    @Test("ejects for longer each time, up to the maximum, and for less after healthy intervals")
    mutating func grows() throws {
        var detector = try detector { $0.maximumEjection = .seconds(100) }
        for seconds in [30, 60, 90, 100, 100] {
            #expect(eject(&detector, "host1", hosts(10)) == .seconds(seconds))
            now = now.advanced(by: .seconds(seconds))
            #expect(detector.returnDue(now: now).count == 1)
        }
        // The interval of the return isn't whole; four healthy ones take the multiplier from 4 to 0.
        for _ in 0..<5 {
            now = now.advanced(by: .seconds(10))
            #expect(detector.endInterval(hosts(10, 5), now: now).isEmpty)
        }
        #expect(eject(&detector, "host1", hosts(10)) == .seconds(30))
    }

    @Test("forgets one ejection for each healthy interval")
    mutating func shrinks() throws {
        var detector = try detector()
        for seconds in [30, 60, 90] {
            #expect(eject(&detector, "host1", hosts(10)) == .seconds(seconds))
            now = now.advanced(by: .seconds(seconds))
            #expect(detector.returnDue(now: now).count == 1)
        }
        for _ in 0..<3 {
            now = now.advanced(by: .seconds(10))
            _ = detector.endInterval(hosts(10), now: now)
        }
        #expect(eject(&detector, "host1", hosts(10)) == .seconds(60))
    }

    @Test("lengthens ejections by chance at most by the jitter")
    func jitter() throws {
        var lengths: Set<Duration> = []
        for seed in 0..<20 {
            var detector = try detector(jitter: UInt64(seed)) { $0.jitter = 0.5 }
            let length = try #require(eject(&detector, "host1", hosts(10)))
            #expect(length >= .seconds(30) && length < .seconds(45))
            lengths.insert(length)
        }
        #expect(lengths.count > 15)
    }

    @Test(
        "has at most the share out that it may, rounded down, but one",
        arguments: [
            (5, 0.1, true, 1), (5, 0.1, false, 0), (10, 0.1, false, 1), (19, 0.1, false, 1), (20, 0.1, false, 2),
            (10, 0.3, false, 3), (10, 1.0, false, 9), (3, 0.0, true, 1), (3, 0.0, false, 0), (2, 1.0, true, 1),
            (1, 1.0, true, 0),
        ])
    func maximumEjected(_ count: Int, _ share: Double, _ one: Bool, _ expected: Int) throws {
        var detector = try detector {
            $0.maximumEjected = share
            $0.alwaysEjectOne = one
        }
        let hosts = hosts(count)
        let out = hosts.count { detector.eject($0.id, for: .consecutiveFailures(5), among: hosts, now: now) != nil }
        #expect(out == expected)
        #expect(detector.prevented == UInt64(count - expected))
    }

    @Test("never ejects the last usable instance")
    func lastOne() throws {
        var detector = try detector { $0.maximumEjected = 1 }
        var hosts = hosts(5)
        for index in [1, 2, 3] { hosts[index].isUsable = false }
        #expect(detector.eject("host0", for: .consecutiveFailures(5), among: hosts, now: now) != nil)
        #expect(detector.eject("host4", for: .consecutiveFailures(5), among: hosts, now: now) == nil)
        #expect(detector.eject("host1", for: .consecutiveFailures(5), among: hosts, now: now) != nil, "it isn't usable")
    }

    @Test("ejects at the percentage of failures, itself included", arguments: [(84, 0), (85, 1), (100, 1)])
    func failurePercentage(_ failures: Int, _ expected: Int) throws {
        var detector = try detector { $0.successRate = nil }
        var hosts = hosts(5, 100)
        hosts[2].successes = 100 - failures
        hosts[2].failures = failures
        let changes = detector.endInterval(hosts, now: now)
        #expect(changes.count == expected)
        if expected > 0 {
            #expect(changes[0].id == "host2")
            #expect(
                changes[0].kind == .ejected(.failurePercentage(Double(failures)), until: now.advanced(by: .seconds(30)))
            )
        }
    }

    @Test(
        "judges the percentage with enough hosts and enough calls, not below",
        arguments: [
            (5, 50, 1), (4, 50, 0), (5, 49, 0),
        ])
    func failurePercentageVolume(_ count: Int, _ calls: Int, _ expected: Int) throws {
        var detector = try detector { $0.successRate = nil }
        var hosts = hosts(count, calls)
        hosts[0].successes = 0
        hosts[0].failures = calls
        #expect(detector.endInterval(hosts, now: now).count == expected)
    }

    @Test("ejects below the mean less 1.9 standard deviations, not at it")
    func successRate() throws {
        // Rates 1 (nine times) and x: the mean is 1 - d/10, the deviation 0.3 d, with d = 1 - x; x is 3 deviations
        // below.
        var one = try detector { $0.failurePercentage = nil }
        var hosts = hosts(10, 1_000)
        hosts[3].successes = 900
        hosts[3].failures = 100
        let changes = one.endInterval(hosts, now: now)
        #expect(changes.map(\.id) == ["host3"])
        guard case .ejected(.successRate(let rate, let required), _)? = changes.first?.kind else {
            Issue.record("\(changes)")
            return
        }
        #expect(rate == 0.9)
        #expect(abs(required - (0.99 - 1.9 * 0.03)) < 1e-9)
        // Two groups are one deviation from their mean: exactly at it with a factor of 1, and not below.
        var boundary = try detector {
            $0.failurePercentage = nil
            $0.successRate?.deviations = 1
            $0.maximumEjected = 1
        }
        var halves = self.hosts(6, 100)
        for index in 0..<3 { (halves[index].successes, halves[index].failures) = (50, 50) }
        #expect(boundary.endInterval(halves, now: now).isEmpty)
        var equal = try detector()
        #expect(equal.endInterval(self.hosts(10, 60, 40), now: now).isEmpty, "nobody is worse than the others")
    }

    @Test(
        "judges the rate with enough hosts and enough calls, not below",
        arguments: [
            (5, 100, 1), (4, 100, 0), (5, 99, 0),
        ])
    func successRateVolume(_ count: Int, _ calls: Int, _ expected: Int) throws {
        var detector = try detector {
            $0.failurePercentage = nil
            $0.successRate?.deviations = 1.5
        }
        var hosts = hosts(count, calls)
        (hosts[0].successes, hosts[0].failures) = (0, calls)
        #expect(detector.endInterval(hosts, now: now).count == expected)
    }

    @Test("ejects the worst if it can't eject all")
    func worstFirst() throws {
        var detector = try detector { $0.successRate = nil }
        var hosts = hosts(10, 100)
        (hosts[2].successes, hosts[2].failures) = (10, 90)
        (hosts[7].successes, hosts[7].failures) = (1, 99)
        #expect(detector.endInterval(hosts, now: now).map(\.id) == ["host7"])
        #expect(detector.prevented == 1)
    }

    @Test("keeps ejections when the set changes, and forgets who has left")
    mutating func setChange() throws {
        var detector = try detector { $0.maximumEjected = 0.5 }
        _ = eject(&detector, "host1", hosts(10))
        _ = eject(&detector, "host2", hosts(10))
        now = now.advanced(by: .seconds(10))
        _ = detector.endInterval(hosts(10).filter { $0.id != "host2" }, now: now)
        #expect(detector.isEjected("host1") && !detector.isEjected("host2"))
        #expect(eject(&detector, "host2", hosts(10)) == .seconds(30), "one that comes back begins anew")
    }

    @Test("keeps ejections when the configuration changes, and refuses a wrong one")
    mutating func reconfigured() throws {
        var detector = try detector()
        #expect(eject(&detector, "host1", hosts(10)) == .seconds(30))
        var configuration = OutlierConfiguration()
        configuration.baseEjection = .seconds(5)
        try detector.reconfigure(configuration)
        #expect(detector.nextReturn == now.advanced(by: .seconds(30)))
        now = now.advanced(by: .seconds(30))
        #expect(detector.returnDue(now: now).count == 1)
        #expect(eject(&detector, "host1", hosts(10)) == .seconds(10), "the second of the new base")
        configuration.interval = .zero
        #expect(throws: InvalidConfiguration.self) { try detector.reconfigure(configuration) }
        #expect(detector.configuration.interval == .seconds(10))
    }

    @Test("keeps a bounded history")
    mutating func history() throws {
        var detector = try detector()
        for _ in 0..<100 {
            _ = eject(&detector, "host1", hosts(10))
            _ = detector.recover("host1", now: now)
        }
        #expect(detector.history.count == OutlierDetector.historyLength)
        #expect(detector.history.last?.kind == .recovered)
    }

    @Test("refuses what makes no sense, naming every key")
    func validates() {
        var wrong = OutlierConfiguration()
        #expect(wrong.validate().isEmpty)
        wrong.consecutiveFailures = -1
        wrong.consecutiveGatewayFailures = 1_000_001
        wrong.interval = .zero
        wrong.baseEjection = .seconds(400)
        wrong.jitter = 2
        wrong.maximumEjected = .nan
        wrong.successRate?.minimumHosts = 1
        wrong.successRate?.deviations = -1
        wrong.failurePercentage?.threshold = 0
        #expect(
            wrong.validate().map(\.key) == [
                "consecutiveFailures", "consecutiveGatewayFailures", "interval", "maximumEjection", "jitter",
                "maximumEjected", "successRate.minimumHosts", "successRate.deviations", "failurePercentage.threshold",
            ])
    }

    @Test("gives its reasons in words")
    func reasons() {
        #expect("\(OutlierReason.consecutiveFailures(5))" == "5 failures in a row")
        #expect("\(OutlierReason.consecutiveGatewayFailures(3))" == "3 calls without an answer in a row")
        #expect("\(OutlierReason.failurePercentage(85.25))" == "85.3 % of the calls failed")
        #expect(
            "\(OutlierReason.successRate(0.9, required: 0.9331))"
                == "90.0 % of the calls succeeded, the others make it 93.3 %")
    }
}
