// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Testing

/// Outlier detection, written plainly: whole seconds, one list, no thought of cost.
private struct ReferenceDetector {
    struct Host {
        let id: String
        var isUsable = true
        var ejections = 0
        var outUntil: Int?
        /// Whether it was in, without a break, since the last interval ended.
        var wasWhole = true
    }

    let base: Int
    let longest: Int
    let share: Double
    let keepsOne: Bool
    var hosts: [Host] = []

    var out: Set<String> { Set(hosts.filter { $0.outUntil != nil }.map(\.id)) }

    /// - Returns: until when it is out; nil if it stays in.
    mutating func eject(_ id: String, now: Int) -> Int? {
        guard let index = hosts.firstIndex(where: { $0.id == id }), hosts[index].outUntil == nil else { return nil }
        let othersLeft = hosts.filter { $0.id != id && $0.isUsable && $0.outUntil == nil }
        if othersLeft.isEmpty { return nil }
        let allowed = max(Int((share * Double(hosts.count) + 1e-9).rounded(.down)), keepsOne ? 1 : 0)
        if out.count >= allowed { return nil }
        hosts[index].ejections += 1
        hosts[index].wasWhole = false
        let length = min(longest, base * hosts[index].ejections)
        if length == longest { hosts[index].ejections = (longest + base - 1) / base }
        hosts[index].outUntil = now + length
        return now + length
    }

    mutating func bringBack(due now: Int) -> Set<String> {
        var back: Set<String> = []
        for index in hosts.indices {
            guard let until = hosts[index].outUntil, until <= now else { continue }
            hosts[index].outUntil = nil
            hosts[index].wasWhole = false
            back.insert(hosts[index].id)
        }
        return back
    }

    mutating func recover(_ id: String) -> Bool {
        guard let index = hosts.firstIndex(where: { $0.id == id }), hosts[index].outUntil != nil else { return false }
        hosts[index].outUntil = nil
        hosts[index].wasWhole = false
        return true
    }

    /// - Returns: who came back.
    mutating func endInterval(now: Int) -> Set<String> {
        for index in hosts.indices where hosts[index].outUntil == nil && hosts[index].wasWhole {
            hosts[index].ejections = max(0, hosts[index].ejections - 1)
        }
        let back = bringBack(due: now)
        for index in hosts.indices { hosts[index].wasWhole = hosts[index].outUntil == nil }
        return back
    }
}

@Suite("Outlier detection beside its reference model")
struct OutlierDetectorModelTests {
    @Test("agrees about every ejection and return, for seeds that are always the same", arguments: 1...20)
    func agreesForKnownSeeds(_ seed: Int) throws {
        try run(seed: UInt64(seed))
    }

    @Test("agrees for seeds that nobody has tried", arguments: 0..<10)
    func agrees(_ world: Int) throws {
        try run(seed: UInt64.random(in: 0 ... .max))
    }

    private func run(seed: UInt64) throws {
        var random = FastRandom(seed: seed)
        var configuration = OutlierConfiguration()
        configuration.baseEjection = .seconds(Int.random(in: 1...30, using: &random))
        configuration.maximumEjection =
            configuration.baseEjection * Int.random(in: 1...6, using: &random)
            + .seconds(Int.random(in: 0...3, using: &random))
        configuration.maximumEjected = Double(Int.random(in: 0...10, using: &random)) / 10
        configuration.alwaysEjectOne = Bool.random(using: &random)
        // Every instance that fails each of its calls is found at the end of an interval, and no other.
        configuration.successRate = nil
        configuration.failurePercentage?.minimumHosts = 1
        configuration.failurePercentage?.minimumRequests = 1
        configuration.failurePercentage?.threshold = 100
        var detector = try OutlierDetector(configuration, random: FastRandom(seed: seed))
        var model = ReferenceDetector(
            base: Int(configuration.baseEjection.components.seconds),
            longest: Int(configuration.maximumEjection.components.seconds), share: configuration.maximumEjected,
            keepsOne: configuration.alwaysEjectOne)
        var (now, names) = (1_000, 0)
        var trail: [String] = []

        for step in 0..<400 {
            // Mostly small steps, sometimes hours at once, sometimes a little back.
            switch random.next() % 20 {
            case 0: now += Int.random(in: 100...10_000, using: &random)
            case 1: now -= Int.random(in: 0...2, using: &random)
            default: now += Int.random(in: 0...3, using: &random)
            }
            let id = "host\(Int.random(in: 0...max(0, names), using: &random))"
            let instant = Instant(nanoseconds: Int64(now) * 1_000_000_000)
            trail.append("\(step) at \(now): \(id)")
            let context = Comment("seed \(seed), \(trail.suffix(5))")
            switch random.next() % 8 {
            case 0 where model.hosts.count < 12:
                names += 1
                model.hosts.append(.init(id: "host\(names)"))
            case 1 where model.hosts.count > 1:
                let gone = model.hosts.remove(at: Int.random(in: 0..<model.hosts.count, using: &random))
                detector.forget(gone.id)
            case 2:
                if let index = model.hosts.firstIndex(where: { $0.id == id }) { model.hosts[index].isUsable.toggle() }
            case 3:
                #expect((detector.recover(id, now: instant) != nil) == model.recover(id), context)
            case 4:
                #expect(Set(detector.returnDue(now: instant).map(\.id)) == model.bringBack(due: now), context)
            case 5:
                endInterval(&detector, &model, now: now, &random, context)
            default:
                let change = detector.eject(id, for: .consecutiveFailures(5), among: hosts(model), now: instant)
                #expect(until(change) == model.eject(id, now: now), context)
            }
            #expect(Set(model.hosts.map(\.id).filter { detector.isEjected($0) }) == model.out, context)
            let next = model.hosts.compactMap(\.outUntil).min()
            #expect(detector.nextReturn.map { Int($0.nanoseconds / 1_000_000_000) } == next, context)
        }
    }

    private func endInterval(
        _ detector: inout OutlierDetector, _ model: inout ReferenceDetector, now: Int, _ random: inout FastRandom,
        _ context: Comment
    ) {
        var hosts = hosts(model)
        let outBefore = model.out
        for index in hosts.indices where random.next() % 3 == 0 { hosts[index].failures = 1 }
        for index in hosts.indices where random.next() % 2 == 0 { hosts[index].successes = 5 }
        let changes = detector.endInterval(hosts, now: Instant(nanoseconds: Int64(now) * 1_000_000_000))
        let back = model.endInterval(now: now)
        var ejected: [String: Int] = [:]
        // All are equally bad, so the names decide who goes while there is room.
        for host in hosts.sorted(by: { $0.id < $1.id })
        where host.failures > 0 && host.successes == 0 && !outBefore.contains(host.id) {
            if let until = model.eject(host.id, now: now) { ejected[host.id] = until }
        }
        #expect(Set(changes.filter { $0.kind == .returned }.map(\.id)) == back, context)
        let told = changes.compactMap { change in until(change).map { (change.id, $0) } }
        #expect(Dictionary(uniqueKeysWithValues: told) == ejected, context)
    }

    private func hosts(_ model: ReferenceDetector) -> [OutlierDetector.Host] {
        model.hosts.map { OutlierDetector.Host(id: $0.id, isUsable: $0.isUsable) }
    }

    /// When an ejection ends; nil if it is none.
    private func until(_ change: OutlierChange?) -> Int? {
        guard case .ejected(_, let until)? = change?.kind else { return nil }
        return Int(until.nanoseconds / 1_000_000_000)
    }
}
