// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// The faults that are armed, as a value: calls and the time go in, faults come out. It reads no clock and holds no lock.
///
/// A rule is armed for a time, and does nothing once that is over, that instant included. Each rule that a call matches is drawn
/// for by itself, in the order in which they were armed; a call may be hit by several.
public struct FaultPlan: Sendable {
    /// The longest that a rule is armed for.
    public static let maximumDuration = Duration.seconds(3_600)
    /// The most rules that are armed at once.
    public static let maximumRules = 64

    private var armed: [ArmedFault] = []
    private var random: FastRandom

    /// - Parameter random: draws who is hit, and how long latencies are.
    public init(random: FastRandom = FastRandom()) {
        self.random = random
    }

    /// Whether nothing is armed, or all that was has expired by `now`.
    public func isEmpty(at now: Instant) -> Bool { armed.allSatisfy { $0.expires <= now } }

    /// Arms a rule, in place of one of the same name.
    ///
    /// - Parameter duration: for how long. Above 0 and at most 1 h: there is no way to forget a fault for good.
    /// - Throws: ``InvalidConfiguration`` with every problem of the rule and the duration, and if as many are armed as may.
    public mutating func arm(
        _ rule: FaultRule, for duration: Duration, now: Instant
    ) throws(InvalidConfiguration) {
        expire(now: now)
        var problems = rule.validate()
        problems.require(
            duration > .zero && duration <= Self.maximumDuration, "duration",
            "must be above 0 and at most \(Self.maximumDuration), is \(duration)")
        let others = armed.count { $0.rule.name != rule.name }
        problems.require(others < Self.maximumRules, "rules", "must be at most \(Self.maximumRules)")
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        armed.removeAll { $0.rule.name == rule.name }
        armed.append(ArmedFault(rule: rule, expires: now.advanced(by: duration)))
    }

    /// Takes a rule back.
    ///
    /// - Returns: whether it was armed.
    @discardableResult
    public mutating func disarm(_ name: String, now: Instant) -> Bool {
        expire(now: now)
        let before = armed.count
        armed.removeAll { $0.rule.name == name }
        return armed.count < before
    }

    /// Takes all rules back.
    public mutating func disarmAll() {
        armed = []
    }

    /// What is armed, in the order of arming.
    public mutating func list(now: Instant) -> [ArmedFault] {
        expire(now: now)
        return armed
    }

    /// What is done to a call.
    public mutating func decide(_ call: some FaultSubject, now: Instant) -> [Fault] {
        expire(now: now)
        var faults: [Fault] = []
        for index in armed.indices where armed[index].rule.match.matches(call) {
            armed[index].matched += 1
            let rule = armed[index].rule
            guard rule.share >= 1 || Double(random.next() >> 11) * 0x1p-53 < rule.share else { continue }
            armed[index].injected += 1
            switch rule.kind {
            case .latency(let range):
                let (low, high) = (range.lowerBound.nanoseconds, range.upperBound.nanoseconds)
                faults.append(.latency(.nanoseconds(Int64.random(in: low...max(low, high), using: &random))))
            case .abort(let abort): faults.append(.abort(abort))
            case .droppedConnection: faults.append(.droppedConnection)
            case .slowBody(let bytesPerSecond): faults.append(.slowBody(bytesPerSecond: bytesPerSecond))
            }
        }
        return faults
    }

    private mutating func expire(now: Instant) {
        if armed.contains(where: { $0.expires <= now }) { armed.removeAll { $0.expires <= now } }
    }
}
