// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

/// The rules written down as plainly as they can be: a list of all that was ever armed, read from the front.
private struct ReferencePlan {
    struct Arming {
        let rule: FaultRule
        let end: Int64
        var matched: UInt64 = 0
        var injected: UInt64 = 0
        var isTakenBack = false
    }

    var history: [Arming] = []
    var random: FastRandom

    private func active(_ now: Int64) -> [Int] {
        history.indices.filter { !history[$0].isTakenBack && now < history[$0].end }
    }

    func list(_ now: Int64) -> [Arming] { active(now).map { history[$0] } }

    mutating func arm(_ rule: FaultRule, for duration: Int64, _ now: Int64) -> Bool {
        let others = active(now).filter { history[$0].rule.name != rule.name }
        guard duration > 0, duration <= 3_600_000_000_000, others.count < 64 else { return false }
        _ = disarm(rule.name, now)
        history.append(Arming(rule: rule, end: now + duration))
        return true
    }

    mutating func disarm(_ name: String, _ now: Int64) -> Bool {
        let found = active(now).filter { history[$0].rule.name == name }
        for index in found { history[index].isTakenBack = true }
        return !found.isEmpty
    }

    mutating func decide(_ call: FaultCall, _ now: Int64) -> [Fault] {
        var faults: [Fault] = []
        for index in active(now) where Self.fits(history[index].rule.match, call) {
            let rule = history[index].rule
            history[index].matched += 1
            if rule.share < 1, Double(random.next() / 2_048) / 9_007_199_254_740_992 >= rule.share { continue }
            history[index].injected += 1
            switch rule.kind {
            case .latency(let range):
                let (low, high) = (range.lowerBound.nanoseconds, range.upperBound.nanoseconds)
                faults.append(.latency(.nanoseconds(Int64.random(in: low...high, using: &random))))
            case .abort(let abort): faults.append(.abort(abort))
            case .droppedConnection: faults.append(.droppedConnection)
            case .slowBody(let rate): faults.append(.slowBody(bytesPerSecond: rate))
            }
        }
        return faults
    }

    private static func fits(_ match: FaultMatch, _ call: FaultCall) -> Bool {
        if let target = match.target {
            let isPrefix = target.hasSuffix("*")
            if isPrefix, !call.target.hasPrefix(target.dropLast()) { return false }
            if !isPrefix, call.target != target { return false }
        }
        if match.operation != nil, match.operation != call.operation { return false }
        if match.method != nil, match.method != call.method { return false }
        if let header = match.header {
            let value = call.headers[header.name.lowercased()]
            if value == nil || header.value != nil && header.value != value { return false }
        }
        guard let pattern = match.path else { return true }
        guard let path = call.path else { return false }
        let plain = path.split(separator: "?", omittingEmptySubsequences: false)[0]
        return fits(pattern: parts(pattern[...]), parts(plain))
    }

    private static func parts(_ path: Substring) -> [String] {
        path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    }

    private static func fits(pattern: [String], _ path: [String]) -> Bool {
        guard let wanted = pattern.first else { return path.isEmpty }
        if wanted == "**" { return true }
        guard let part = path.first else { return false }
        let isAny = wanted == "*" || wanted.hasPrefix("{") && wanted.hasSuffix("}")
        guard isAny ? part != "" : part == wanted else { return false }
        return fits(pattern: Array(pattern.dropFirst()), Array(path.dropFirst()))
    }
}

@Suite("A plan of faults beside its reference model")
struct FaultPlanModelTests {
    @Test("agrees with it, as a value and behind a lock, whatever is armed, taken back and called", arguments: 0..<16)
    func agrees(_ round: Int) throws {
        try run(seed: UInt64.random(in: 0 ... .max))
    }

    @Test("agrees with it for seeds that are always the same", arguments: 1...8)
    func agreesForKnownSeeds(_ seed: Int) throws {
        try run(seed: UInt64(seed))
    }

    private func run(seed: UInt64) throws {
        var random = FastRandom(seed: seed)
        let time = ManualTime()
        var plan = FaultPlan(random: FastRandom(seed: seed))
        let injector = FaultInjector(time: time.source, random: FastRandom(seed: seed))
        var model = ReferencePlan(random: FastRandom(seed: seed))
        // Few names, so that rules are replaced, or so many that there is no room for all.
        let names = random.next() % 2 == 0 ? 5 : 90
        var injected: UInt64 = 0
        for step in 0..<800 {
            let note: Comment = "seed \(seed), step \(step)"
            time.advance(by: .nanoseconds(Self.step(&random)))
            let now = time.now
            switch random.next() % 10 {
            case 0...(names > 5 ? 4 : 1):
                let rule = Self.rule(named: Int.random(in: 0..<names, using: &random), &random)
                let duration = Self.duration(&random)
                let expected = model.arm(rule, for: duration, now.nanoseconds)
                try #require(
                    Self.succeeds { try plan.arm(rule, for: .nanoseconds(duration), now: now) } == expected, note)
                try #require(Self.succeeds { try injector.arm(rule, for: .nanoseconds(duration)) } == expected, note)
            case 5:
                let name = "\(Int.random(in: 0..<names, using: &random))"
                let expected = model.disarm(name, now.nanoseconds)
                try #require(plan.disarm(name, now: now) == expected, note)
                try #require(injector.disarm(name) == expected, note)
            case 6 where random.next() % 40 == 0:
                model.history = []
                plan.disarmAll()
                injector.disarmAll()
            default:
                let call = Self.call(&random)
                let expected = model.decide(call, now.nanoseconds)
                injected += UInt64(expected.count)
                try #require(plan.decide(call, now: now) == expected, note)
                try #require(injector.decide(call) == expected, note)
            }
            let armed = model.list(now.nanoseconds)
            try #require(plan.isEmpty(at: now) == armed.isEmpty, note)
            if !armed.isEmpty { try #require(injector.mayInject, note) }
            for list in [plan.list(now: now), injector.armed] {
                try #require(list.map(\.rule) == armed.map(\.rule), note)
                try #require(list.map(\.expires.nanoseconds) == armed.map(\.end), note)
                try #require(list.map(\.matched) == armed.map(\.matched), note)
                try #require(list.map(\.injected) == armed.map(\.injected), note)
            }
        }
        #expect(injector.injected == injected, "seed \(seed)")
    }

    private static func succeeds(_ arm: () throws -> Void) -> Bool {
        do { try arm() } catch { return false }
        return true
    }

    private static func step(_ random: inout FastRandom) -> Int64 {
        switch random.next() % 100 {
        case 0: Int64.random(in: 0...4_000_000_000_000, using: &random)
        case 1...40: 0
        default: Int64.random(in: 0...300_000_000, using: &random)
        }
    }

    private static func duration(_ random: inout FastRandom) -> Int64 {
        switch random.next() % 12 {
        case 0: Int64.random(in: -2...2, using: &random)
        case 1: 3_600_000_000_000 + Int64.random(in: -1...1, using: &random)
        default: Int64.random(in: 1...60_000_000_000, using: &random)
        }
    }

    private static func rule(named name: Int, _ random: inout FastRandom) -> FaultRule {
        let kinds: [FaultRule.Kind] = [
            .latency(.zero ... .seconds(1)), .latency(.seconds(2) ... .seconds(2)), .abort(FaultAbort(status: 503)),
            .abort(FaultAbort(code: .connectFailed, status: nil)), .droppedConnection, .slowBody(bytesPerSecond: 9),
        ]
        let share = [1, 0.5, 0.01, Double.random(in: 0.001...1, using: &random)].randomElement(using: &random) ?? 1
        return FaultRule(
            "\(name)", kinds.randomElement(using: &random) ?? .droppedConnection, share: share, match: match(&random))
    }

    private static func match(_ random: inout FastRandom) -> FaultMatch {
        var match = FaultMatch()
        let isGiven = { (random: inout FastRandom) in random.next() % 4 == 0 }
        if isGiven(&random) {
            match.target = ["client:users", "client:*", "*", "server", "client:"].randomElement(using: &random)
        }
        if isGiven(&random) { match.operation = ["getUser", "SELECT"].randomElement(using: &random) }
        if isGiven(&random) { match.method = ["GET", "POST"].randomElement(using: &random) }
        if isGiven(&random) {
            let parts = ["users", "{id}", "*", "orders", ""]
            var path = ""
            for _ in 0...(random.next() % 4) { path += "/" + (parts.randomElement(using: &random) ?? "") }
            match.path = random.next() % 3 == 0 ? path + "/**" : path
        }
        if isGiven(&random) {
            match.header = .init(
                ["X-Test", "x-other"].randomElement(using: &random) ?? "",
                ["yes", nil].randomElement(using: &random) ?? nil)
        }
        return match
    }

    private static func call(_ random: inout FastRandom) -> FaultCall {
        let targets = ["client:users", "client:orders", "server", "database", "client:"]
        var call = FaultCall(target: targets.randomElement(using: &random) ?? "")
        call.operation = ["getUser", "SELECT", nil].randomElement(using: &random) ?? nil
        call.method = ["GET", "POST", nil].randomElement(using: &random) ?? nil
        if random.next() % 5 > 0 {
            let parts = ["users", "7", "orders", ""]
            var path = ""
            for _ in 0...(random.next() % 4) { path += "/" + (parts.randomElement(using: &random) ?? "") }
            call.path = random.next() % 4 == 0 ? path + "?page=/2" : path
        }
        if random.next() % 2 == 0 { call.headers["x-test"] = ["yes", "no"].randomElement(using: &random) }
        return call
    }
}
