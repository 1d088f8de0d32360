// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("A retry budget")
struct RetryBudgetTests {
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    private func state(
        ratio: Double, minimumPerSecond: Int = 0, window: Duration = .seconds(10)
    ) throws -> RetryBudgetState {
        var configuration = RetryBudgetConfiguration()
        configuration.ratio = ratio
        configuration.minimumPerSecond = minimumPerSecond
        configuration.window = window
        return try RetryBudgetState(configuration)
    }

    private func spend(_ state: inout RetryBudgetState, at now: Instant) -> Int {
        var count = 0
        while count < 100_000, state.withdraw(now: now) { count += 1 }
        return count
    }

    @Test("with neither share nor reserve allows nothing")
    func empty() throws {
        var state = try state(ratio: 0)
        state.deposit(1_000, now: start)
        #expect(spend(&state, at: start) == 0)
    }

    @Test(
        "allows exactly its share of the calls",
        arguments: [
            (0.15, 150), (0.2, 200), (0.3, 300), (0.7, 700), (1, 1_000), (1.5, 1_500), (0.001, 1), (10, 10_000),
        ])
    func share(_ ratio: Double, _ expected: Int) throws {
        var state = try state(ratio: ratio)
        state.deposit(1_000, now: start)
        #expect(spend(&state, at: start) == expected)
        #expect(state.balance(now: start) == 0)
    }

    @Test(
        "allows the n-th repetition with the very call that earns it",
        arguments: [(0.15, 7), (0.3, 4), (0.7, 2), (0.5, 2)])
    func threshold(_ ratio: Double, _ calls: Int) throws {
        var state = try state(ratio: ratio)
        state.deposit(calls - 1, now: start)
        #expect(state.withdraw(now: start) == false)
        state.deposit(now: start)
        #expect(state.withdraw(now: start) == true)
        #expect(state.withdraw(now: start) == false)
    }

    @Test("with a reserve only allows that much in each window, at once if need be")
    func reserve() throws {
        var state = try state(ratio: 0, minimumPerSecond: 3)
        #expect(spend(&state, at: start) == 30)
        #expect(spend(&state, at: start.advanced(by: .seconds(8))) == 0)
        #expect(spend(&state, at: start.advanced(by: .seconds(10))) == 30)
    }

    @Test("adds share and reserve")
    func both() throws {
        var state = try state(ratio: 0.2, minimumPerSecond: 1)
        state.deposit(100, now: start)
        #expect(spend(&state, at: start) == 30)
    }

    @Test("forgets calls that have left the window")
    func expiry() throws {
        var state = try state(ratio: 0.5)
        state.deposit(10, now: start)
        #expect(state.balance(now: start.advanced(by: .seconds(9))) == 5_000_000)
        #expect(state.balance(now: start.advanced(by: .seconds(10))) == 0)
        #expect(state.withdraw(now: start.advanced(by: .seconds(10))) == false)
    }

    @Test("owes what was spent of a share that has left the window")
    func debt() throws {
        var state = try state(ratio: 0.5)
        state.deposit(10, now: start)
        let later = start.advanced(by: .seconds(5))
        for _ in 0..<4 { #expect(state.withdraw(now: later) == true) }
        #expect(state.balance(now: start.advanced(by: .seconds(11))) == -4_000_000)
        #expect(state.balance(now: start.advanced(by: .seconds(16))) == 0)
    }

    @Test("survives a clock that jumps far in either direction")
    func jumps() throws {
        var state = try state(ratio: 1)
        state.deposit(now: start)
        state.deposit(now: Instant(nanoseconds: .min))
        #expect(spend(&state, at: Instant(nanoseconds: 0)) == 2)
        state.deposit(now: .distantFuture)
        #expect(spend(&state, at: .distantFuture) == 1)
    }

    @Test("takes deposits from many threads and loses none", .timeLimit(.minutes(1)))
    func contended() async throws {
        let time = ManualTime()
        var configuration = RetryBudgetConfiguration()
        configuration.ratio = 0.3
        configuration.minimumPerSecond = 0
        let budget = try RetryBudget(configuration)
        let allowed = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<5_000 { budget.deposit(now: time.now) }
                    return (0..<5_000).count { _ in budget.withdraw(now: time.now) }
                }
            }
            return await group.reduce(0, +)
        }
        let last = (0..<40_000).count { _ in budget.withdraw(now: time.now) }
        #expect(allowed + last == 12_000)
        let statistics = budget.statistics(now: time.now)
        #expect(statistics.deposits == 40_000)
        #expect(statistics.withdrawals == 12_000)
        #expect(statistics.exhausted == 80_000 - 12_000)
        #expect(statistics.balance == 0)
    }

    @Test("counts a call into the step in which it was made, however late the ledger hears of it")
    func attribution() throws {
        let time = ManualTime()
        var configuration = RetryBudgetConfiguration()
        configuration.ratio = 1
        configuration.minimumPerSecond = 0
        let budget = try RetryBudget(configuration)
        budget.deposit(now: time.now)
        time.advance(by: .seconds(10))
        #expect(!budget.withdraw(now: time.now))
        budget.deposit(now: time.now)
        #expect(budget.withdraw(now: time.now))
    }

    @Test(
        "names the key of what is wrong",
        arguments: [
            (-0.1, 10, 10, "ratio"), (10.1, 10, 10, "ratio"), (.nan, 10, 10, "ratio"), (0.2, 0, 10, "window"),
            (0.2, 61, 10, "window"), (0.2, 10, -1, "minimumPerSecond"), (0.2, 10, 100_001, "minimumPerSecond"),
        ])
    func validates(_ ratio: Double, _ window: Int, _ minimum: Int, _ key: String) {
        var configuration = RetryBudgetConfiguration()
        configuration.ratio = ratio
        configuration.window = .seconds(window)
        configuration.minimumPerSecond = minimum
        #expect(configuration.validate().map(\.key) == [key])
        #expect(throws: InvalidConfiguration.self) { try RetryBudget(configuration) }
    }

    @Test("is valid as it comes")
    func defaults() {
        #expect(RetryBudgetConfiguration().validate().isEmpty)
    }
}
