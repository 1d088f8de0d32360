// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("The configuration of hedging")
struct HedgeConfigurationTests {
    @Test("is valid as it comes")
    func defaults() {
        #expect(HedgeConfiguration().validate().isEmpty)
    }

    private typealias Change = @Sendable (inout HedgeConfiguration) -> Void

    private static let wrong: [(key: String, change: Change)] = [
        ("delay", { $0.delay = .fixed(.seconds(-1)) }),
        ("delay", { $0.delay = .fixed(.seconds(3_601)) }),
        ("delay.percentile", { $0.delay = .percentile(0.49) }),
        ("delay.percentile", { $0.delay = .percentile(1) }),
        ("delay.percentile", { $0.delay = .percentile(.nan) }),
        ("delay.atLeast", { $0.delay = .percentile(0.9, atLeast: .zero) }),
        ("maximumExtraAttempts", { $0.maximumExtraAttempts = -1 }),
        ("maximumExtraAttempts", { $0.maximumExtraAttempts = 11 }),
        ("failures.codes", { $0.failures.codes.insert(.cancelled) }),
        ("window", { $0.window = .zero }),
        ("minimumCalls", { $0.minimumCalls = 9 }),
        ("maximumStragglers", { $0.maximumStragglers = 0 }),
    ]

    @Test("names the key of what is wrong", arguments: wrong.indices)
    func names(_ index: Int) {
        var configuration = HedgeConfiguration()
        Self.wrong[index].change(&configuration)
        #expect(configuration.validate().map(\.key) == [Self.wrong[index].key])
        #expect(throws: InvalidConfiguration.self) { try Hedger(configuration) }
    }
}
