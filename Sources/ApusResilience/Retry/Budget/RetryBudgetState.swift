// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A retry budget as a value: calls and repetitions go in with the time, permission comes out.
///
/// A repetition is allowed if, with it, the repetitions of the last window are at most `ratio` times its calls plus the
/// reserve of `minimumPerSecond` for the whole window. So when a service fails, its load grows by the ratio and not by
/// the number of attempts, and the budget recovers as repetitions leave the window, not by a timer.
///
/// Everything is counted in whole calls and weighed in millionths, in integers: no share is rounded. The window is
/// forgotten in ten steps whose borders lie at multiples of its tenth, so what is promised holds for any stretch of nine
/// tenths of the window or less.
///
/// Cold start: the reserve can be spent at once; the share must be earned first.
///
/// Source: the retry budget of Finagle and linkerd. Times may arrive slightly out of order: what is older than the newest
/// step counts into that.
public struct RetryBudgetState: Sendable {
    private struct Step {
        var calls = 0
        var repetitions = 0
    }

    private static let stepCount = 10
    private static let million = 1_000_000

    private let ratio: Int
    private let reserve: Int
    private let width: Int64
    private var steps = InlineArray<10, Step>(repeating: Step())
    private var current = 0
    private var currentStart = Int64.min
    private var calls = 0
    private var repetitions = 0

    /// The newest step ends before this instant, in nanoseconds.
    private(set) var currentEnd = Int64.min

    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public init(_ configuration: RetryBudgetConfiguration = .init()) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        let window = configuration.window.nanoseconds
        ratio = Int((configuration.ratio * Double(Self.million)).rounded())
        reserve = configuration.minimumPerSecond * Int(window / 1_000)
        width = window / Int64(Self.stepCount)
    }

    /// Counts calls that are made for the first time.
    public mutating func deposit(_ count: Int = 1, now: Instant) {
        advance(to: now)
        add(count)
    }

    /// Takes what one repetition costs, if the budget has it.
    ///
    /// - Returns: whether the repetition may be made.
    public mutating func withdraw(now: Instant) -> Bool {
        advance(to: now)
        guard balance >= Self.million else { return false }
        steps[current].repetitions += 1
        repetitions += 1
        return true
    }

    /// What is left at `now`, in millionths of a repetition. Negative when calls have left the window whose share was
    /// spent.
    public mutating func balance(now: Instant) -> Int {
        advance(to: now)
        return balance
    }

    /// Counts calls into the newest step, whatever the time.
    mutating func add(_ count: Int) {
        steps[current].calls += count
        calls += count
    }

    /// Forgets what has left the window at `now`.
    mutating func advance(to now: Instant) {
        let now = now.nanoseconds
        guard now >= currentEnd else { return }
        let offset = now % width
        let (start, underflow) = now.subtractingReportingOverflow(offset < 0 ? offset + width : offset)
        guard !underflow, start > currentStart else { return }
        let (gap, overflow) = start.subtractingReportingOverflow(currentStart)
        let passed = overflow ? Self.stepCount : Int(min(gap / width, Int64(Self.stepCount)))
        for _ in 0..<passed {
            current = current + 1 == Self.stepCount ? 0 : current + 1
            calls -= steps[current].calls
            repetitions -= steps[current].repetitions
            steps[current] = Step()
        }
        currentStart = start
        let (end, beyond) = start.addingReportingOverflow(width)
        currentEnd = beyond ? .max : end
    }

    private var balance: Int { calls * ratio + reserve - repetitions * Self.million }
}
