// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("The rule of deadlines beside its reference model")
struct DeadlineRuleModelTests {
    @Test(
        "gives what arithmetic without bounds gives, along chains of any length and at both ends of time",
        arguments: 1...20)
    func agrees(_ seed: Int) {
        var random = FastRandom(seed: UInt64(seed))
        for _ in 0..<200 {
            var context = CallContext()
            var inherited: Int128?
            var now = Self.time(&random)
            while random.next() % 6 != 0 {
                var configuration = DeadlineConfiguration()
                configuration.atMost = .nanoseconds(Int64.random(in: 1...20_000_000_000, using: &random))
                configuration.margin = .nanoseconds(Int64.random(in: -5...2_000_000_000, using: &random))
                configuration.needed = .nanoseconds(Int64.random(in: 0...1_000_000_000, using: &random))
                // Times pass, and sometimes the clock of the next is a little behind.
                now = Int64(clamping: Int128(now) + Int128.random(in: -1_000_000...2_000_000_000, using: &random))
                let expected = Self.narrow(inherited, configuration, now: now)
                let result = DeadlineRule(configuration).narrow(context, now: Instant(nanoseconds: now))
                #expect(result?.deadline?.nanoseconds == expected.map { Int64(clamping: $0) }, "seed \(seed)")
                guard let result, let expected else { break }
                if let before = context.deadline {
                    #expect(result.deadline ?? .distantFuture <= before, "seed \(seed): a deadline has grown")
                }
                (context, inherited) = (result, expected)
            }
        }
    }

    /// The earlier of the own deadline and the inherited one less its margin; nil if too little is left.
    private static func narrow(
        _ inherited: Int128?, _ configuration: DeadlineConfiguration, now: Int64
    ) -> Int128? {
        var deadline = Int128(now) + Int128(configuration.atMost.nanoseconds)
        if let inherited { deadline = min(deadline, inherited - max(0, Int128(configuration.margin.nanoseconds))) }
        deadline = min(max(deadline, Int128(Int64.min)), Int128(Int64.max))
        let left = deadline - Int128(now)
        return left > 0 && left >= Int128(configuration.needed.nanoseconds) ? deadline : nil
    }

    private static func time(_ random: inout FastRandom) -> Int64 {
        switch random.next() % 4 {
        case 0: .max - Int64.random(in: 0...30_000_000_000, using: &random)
        case 1: .min + Int64.random(in: 0...30_000_000_000, using: &random)
        default: Int64.random(in: 0...1_000_000_000_000_000, using: &random)
        }
    }
}
