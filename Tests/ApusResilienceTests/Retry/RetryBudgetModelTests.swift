// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

/// The rule as a list of everything that happened: slow and obviously right.
private struct ReferenceBudget {
    let thousandths: Int
    let minimumPerSecond: Int
    let windowSeconds: Int
    var calls: [Int64] = []
    var repetitions: [Int64] = []
    var newest = Int64.min

    private func step(_ now: Int64) -> Int64 { now / (Int64(windowSeconds) * 100_000_000) }

    mutating func deposit(_ now: Int64) {
        newest = max(newest, step(now))
        calls.append(newest)
    }

    mutating func withdraw(_ now: Int64) -> Bool {
        newest = max(newest, step(now))
        calls.removeAll { $0 <= newest - 10 }
        repetitions.removeAll { $0 <= newest - 10 }
        let allowed = calls.count * thousandths + minimumPerSecond * windowSeconds * 1_000
        guard (repetitions.count + 1) * 1_000 <= allowed else { return false }
        repetitions.append(newest)
        return true
    }
}

@Suite("The retry budget beside its reference model")
struct RetryBudgetModelTests {
    @Test("agrees with it under random calls, repetitions and clock jumps", arguments: 0..<16)
    func agrees(_ world: Int) throws {
        try run(seed: UInt64.random(in: 0 ... .max))
    }

    @Test("agrees with it for seeds that are always the same", arguments: 1...8)
    func agreesForKnownSeeds(_ seed: Int) throws {
        try run(seed: UInt64(seed))
    }

    private func run(seed: UInt64) throws {
        var random = FastRandom(seed: seed)
        let thousandths = [0, 150, 300, 700, 200, 1, 999, 1_500, 10_000].randomElement(using: &random) ?? 0
        var configuration = RetryBudgetConfiguration()
        configuration.ratio = Double(thousandths) / 1_000
        configuration.minimumPerSecond = Int.random(in: 0...3, using: &random)
        let window = Int.random(in: 1...60, using: &random)
        configuration.window = .seconds(window)
        var model = ReferenceBudget(
            thousandths: thousandths, minimumPerSecond: configuration.minimumPerSecond, windowSeconds: window)
        var state = try RetryBudgetState(configuration)
        let budget = try RetryBudget(configuration)
        var now: Int64 = 1_000_000_000_000
        for step in 0..<3_000 {
            let note: Comment = "seed \(seed), step \(step), \(configuration)"
            now += randomStep(&random)
            let time = Instant(nanoseconds: now)
            if random.next() % 3 > 0 {
                model.deposit(now)
                state.deposit(now: time)
                budget.deposit(now: time)
            } else {
                let expected = model.withdraw(now)
                try #require(state.withdraw(now: time) == expected, note)
                try #require(budget.withdraw(now: time) == expected, note)
            }
        }
    }

    private func randomStep(_ random: inout FastRandom) -> Int64 {
        switch random.next() % 100 {
        case 0: Int64.random(in: 0...100_000_000_000, using: &random)
        case 1...5: Int64.random(in: 0...2_000_000_000, using: &random)
        case 6...8: -Int64.random(in: 0...200_000_000, using: &random)
        case 9...40: 0
        default: Int64.random(in: 0...50_000_000, using: &random)
        }
    }
}
