// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("A plan of faults")
struct FaultPlanTests {
    private let now = Instant(nanoseconds: 1_000_000_000_000)
    private let call = FaultCall(
        target: "client:users", operation: "getUser", method: "GET", path: "/users/7/orders?page=2",
        headers: ["x-test": "yes"])

    private func plan(_ rules: FaultRule..., for duration: Duration = .seconds(60)) throws -> FaultPlan {
        var plan = FaultPlan(random: FastRandom(seed: 1))
        for rule in rules { try plan.arm(rule, for: duration, now: now) }
        return plan
    }

    @Test("does nothing unless it is armed")
    func unarmed() {
        var plan = FaultPlan(random: FastRandom(seed: 1))
        #expect(plan.decide(call, now: now).isEmpty)
        #expect(plan.isEmpty(at: now))
    }

    @Test("does what its rules say, in the order in which they were armed")
    func kinds() throws {
        var plan = try plan(
            FaultRule("late", .latency(.milliseconds(20) ... .milliseconds(20))),
            FaultRule("slow", .slowBody(bytesPerSecond: 100)), FaultRule("lost", .droppedConnection),
            FaultRule("busy", .abort(FaultAbort(status: 429))))
        #expect(
            plan.decide(call, now: now) == [
                .latency(.milliseconds(20)), .slowBody(bytesPerSecond: 100), .droppedConnection,
                .abort(FaultAbort(status: 429)),
            ])
    }

    @Test("hits the share that it is to, by chance that a seed replays")
    func share() throws {
        let rules = [0.01, 0.25, 0.9]
        for share in rules {
            var first = try plan(FaultRule("r", .droppedConnection, share: share))
            var second = try plan(FaultRule("r", .droppedConnection, share: share))
            var hits = 0
            for _ in 0..<20_000 {
                let faults = first.decide(call, now: now)
                #expect(faults == second.decide(call, now: now))
                hits += faults.count
            }
            #expect(abs(Double(hits) / 20_000 - share) < 0.01)
            #expect(first.list(now: now).map(\.matched) == [20_000])
            #expect(first.list(now: now).map(\.injected) == [UInt64(hits)])
        }
    }

    @Test("draws latencies from the whole range")
    func latencies() throws {
        var plan = try plan(FaultRule("r", .latency(.milliseconds(10) ... .milliseconds(20))))
        var seen: [Duration] = []
        for _ in 0..<1_000 {
            for case .latency(let latency) in plan.decide(call, now: now) { seen.append(latency) }
        }
        #expect(seen.count == 1_000)
        #expect(seen.allSatisfy { $0 >= .milliseconds(10) && $0 <= .milliseconds(20) })
        #expect(seen.contains { $0 < .milliseconds(11) } && seen.contains { $0 > .milliseconds(19) })
    }

    @Test("stops by itself when the time of a rule is over, that instant included")
    func expires() throws {
        var plan = try plan(FaultRule("short", .droppedConnection), for: .seconds(10))
        try plan.arm(FaultRule("long", .droppedConnection), for: .seconds(20), now: now)
        #expect(plan.decide(call, now: now.advanced(by: .seconds(10) - .nanoseconds(1))).count == 2)
        #expect(plan.decide(call, now: now.advanced(by: .seconds(10))).count == 1)
        #expect(plan.list(now: now.advanced(by: .seconds(10))).map(\.rule.name) == ["long"])
        #expect(!plan.isEmpty(at: now.advanced(by: .seconds(19))))
        #expect(plan.isEmpty(at: now.advanced(by: .seconds(20))))
        #expect(plan.decide(call, now: now.advanced(by: .seconds(20))).isEmpty)
        #expect(plan.decide(call, now: now).isEmpty, "a clock that goes back doesn't arm it again")
    }

    @Test("replaces a rule of the same name, and takes rules back")
    func replaces() throws {
        var plan = try plan(FaultRule("a", .droppedConnection), FaultRule("b", .droppedConnection))
        try plan.arm(FaultRule("a", .slowBody(bytesPerSecond: 1)), for: .seconds(1), now: now)
        #expect(plan.decide(call, now: now) == [.droppedConnection, .slowBody(bytesPerSecond: 1)])
        let disarmed = [plan.disarm("a", now: now), plan.disarm("a", now: now)]
        #expect(disarmed == [true, false])
        plan.disarmAll()
        #expect(plan.isEmpty(at: now))
    }

    private static let matching: [FaultMatch] = [
        FaultMatch(), FaultMatch(target: "client:users"), FaultMatch(target: "client:*"), FaultMatch(target: "*"),
        FaultMatch(operation: "getUser"), FaultMatch(method: "GET"), FaultMatch(path: "/users/{id}/orders"),
        FaultMatch(path: "/users/*/orders"), FaultMatch(path: "/users/**"), FaultMatch(path: "/**"),
        FaultMatch(header: .init("X-Test")), FaultMatch(header: .init("x-test", "yes")),
        FaultMatch(
            target: "client:users", operation: "getUser", method: "GET", path: "/users/7/orders",
            header: .init("x-test")),
    ]

    private static let others: [FaultMatch] = [
        FaultMatch(target: "client"), FaultMatch(target: "client:u"), FaultMatch(target: "server"),
        FaultMatch(operation: "getUsers"), FaultMatch(method: "POST"), FaultMatch(path: "/users/{id}"),
        FaultMatch(path: "/users/{id}/orders/{n}"), FaultMatch(path: "/products/**"), FaultMatch(path: "/"),
        FaultMatch(header: .init("x-other")), FaultMatch(header: .init("x-test", "no")),
        FaultMatch(target: "client:users", method: "POST"),
    ]

    @Test("looks at the calls that fit all that is given, and at no others")
    func matches() {
        for match in Self.matching { #expect(match.matches(call), "\(match)") }
        for match in Self.others { #expect(!match.matches(call), "\(match)") }
        let statement = FaultCall(target: "database")
        #expect(FaultMatch(target: "database").matches(statement))
        #expect(!FaultMatch(path: "/**").matches(statement), "it has no path")
        #expect(!FaultMatch(path: "/users/{id}").matches(FaultCall(target: "server", path: "/users/")))
    }

    private static let wrong: [(rule: FaultRule, key: String)] = [
        (FaultRule("", .droppedConnection), "name"),
        (FaultRule("r", .droppedConnection, share: 0), "share"),
        (FaultRule("r", .droppedConnection, share: 1.1), "share"),
        (FaultRule("r", .droppedConnection, share: .nan), "share"),
        (FaultRule("r", .latency(.seconds(-1) ... .seconds(1))), "latency"),
        (FaultRule("r", .latency(.seconds(1) ... .seconds(301))), "latency"),
        (FaultRule("r", .abort(FaultAbort(status: 200))), "abort.status"),
        (FaultRule("r", .slowBody(bytesPerSecond: 0)), "slowBody.bytesPerSecond"),
        (FaultRule("r", .droppedConnection, match: FaultMatch(path: "users")), "match.path"),
        (FaultRule("r", .droppedConnection, match: FaultMatch(path: "/**/users")), "match.path"),
        (FaultRule("r", .droppedConnection, match: FaultMatch(target: "")), "match.target"),
        (FaultRule("r", .droppedConnection, match: FaultMatch(header: .init(""))), "match.header.name"),
    ]

    @Test("refuses rules that make no sense, naming the key", arguments: wrong.indices)
    func validates(_ index: Int) {
        var plan = FaultPlan()
        #expect(Self.wrong[index].rule.validate().map(\.key) == [Self.wrong[index].key])
        #expect(throws: InvalidConfiguration.self) {
            try plan.arm(Self.wrong[index].rule, for: .seconds(1), now: now)
        }
    }

    @Test("is armed for an hour at most, and for 64 rules")
    func bounds() throws {
        var plan = FaultPlan()
        for duration in [Duration.zero, .seconds(-1), .seconds(3_600) + .nanoseconds(1)] {
            #expect(throws: InvalidConfiguration.self) {
                try plan.arm(FaultRule("r", .droppedConnection), for: duration, now: now)
            }
        }
        for index in 0..<64 {
            try plan.arm(FaultRule("\(index)", .droppedConnection), for: .seconds(3_600), now: now)
        }
        #expect(throws: InvalidConfiguration.self) {
            try plan.arm(FaultRule("more", .droppedConnection), for: .seconds(1), now: now)
        }
        try plan.arm(FaultRule("7", .droppedConnection), for: .seconds(1), now: now)
        #expect(plan.list(now: now).count == 64)
    }
}
