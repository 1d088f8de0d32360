// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusSupervisor
import Testing

@Suite("RestartPolicy and StopPlan")
struct RestartPolicyTests {
    @Test("the first restart comes soon, the later ones later and later, up to the cap")
    func backOff() {
        var policy = RestartPolicy(random: FastRandom(seed: 1))
        var pauses: [Duration] = []
        for second in 0..<12 {
            policy.started(now: .seconds(Double(second)))
            guard case .restart(let pause) = policy.exited(.status(1), now: .seconds(Double(second) + 0.5)) else {
                continue
            }
            pauses.append(pause)
        }
        #expect(pauses.count == 12)
        for (index, pause) in pauses.enumerated() {
            let ceiling = min(Duration.seconds(10), .milliseconds(100 << index))
            #expect(pause <= ceiling && pause >= ceiling / 2)
        }
    }

    @Test("who ran for ten seconds begins anew")
    func reset() {
        var policy = RestartPolicy(random: FastRandom(seed: 1))
        for _ in 0..<8 {
            policy.started(now: .seconds(0))
            _ = policy.exited(.signal(9), now: .seconds(1))
        }
        policy.started(now: .seconds(10))
        guard case .restart(let pause) = policy.exited(.signal(11), now: .seconds(20)) else {
            Issue.record("must restart")
            return
        }
        #expect(pause <= .milliseconds(100))
        #expect(policy.failures == 1)
    }

    @Test("a wrong configuration is not tried again; every other end is, success included")
    func configuration() {
        var policy = RestartPolicy(random: FastRandom(seed: 1))
        #expect(policy.exited(.status(2), now: .seconds(0)) == .giveUp)
        for exit in [ChildExit.status(0), .status(1), .signal(2), .signal(9)] {
            #expect(policy.exited(exit, now: .seconds(0)) != .giveUp)
        }
    }

    @Test("pauses never overflow")
    func manyFailures() {
        var policy = RestartPolicy(random: FastRandom(seed: 1))
        for _ in 0..<1_000 {
            guard case .restart(let pause) = policy.exited(.status(1), now: .seconds(0)) else { continue }
            #expect(pause > .zero && pause <= .seconds(10))
        }
    }

    @Test("all parts end within the whole time, in order, and drain before they would be killed")
    func stopPlan() {
        let plan = StopPlan(total: .seconds(10), now: .seconds(100))
        #expect(plan.deadline(of: .gateway) == .seconds(105))
        #expect(plan.deadline(of: .services) == .seconds(109))
        #expect(plan.deadline(of: .registry) == .seconds(110))
        var before = Instant.seconds(100)
        for part in StopPlan.Part.allCases {
            let drain = StopPlan.drainTimeout(of: part, total: .seconds(10))
            #expect(drain < before.duration(to: plan.deadline(of: part)))
            before = plan.deadline(of: part)
        }
    }
}
