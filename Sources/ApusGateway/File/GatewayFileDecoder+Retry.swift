// SPDX-License-Identifier: Apache-2.0
import ApusResilience
import ApusYAML

extension GatewayFileDecoder {
    /// What `retry` says, or `attempts`, its short form.
    func readRetry(_ fields: inout FieldReader) -> RetryRule {
        let attempts = fields.value("attempts")
        let retry = fields.value("retry")
        if let attempts, let retry {
            problems.error(
                "'\(attempts.path)' is the short form of '\(retry.path).attempts'; give one of them",
                at: attempts.keyPlace)
        }
        if let retry { return retryRule(retry) ?? RetryRule() }
        var rule = RetryRule()
        if let number = attempts?.integer(in: 1...10) { rule.policy.maximumAttempts = number }
        return rule
    }

    private func retryRule(_ value: ValueReader) -> RetryRule? {
        guard var fields = value.fields("a mapping, {} for the defaults") else { return nil }
        defer { fields.finish() }
        var rule = RetryRule.withStatuses
        fields.set(&rule.policy.maximumAttempts, "attempts") { $0.integer(in: 1...10) }
        if let statuses = fields.value("statuses")?.listOrOne("statuses") {
            rule.policy.failures.statuses = Set(statuses.compactMap { $0.integer(in: 400...599) })
            rule.policy.failures.statusesWithRetryAfter = []
        }
        fields.set(&rule.policy.backoff, "backoff") { backoff($0) }
        fields.set(&rule.policy.maximumRetryAfter, "maxRetryAfter") { value in
            guard let longest = value.orOff({ $0.duration(in: .milliseconds(1)...(.seconds(3600))) }) else {
                return nil
            }
            return longest ?? .zero
        }
        fields.set(&rule.policy.minimumAttemptTime, "minAttemptTime") {
            $0.duration(in: .milliseconds(1)...(.seconds(3600)))
        }
        fields.set(&rule.policy.attemptTimeout, "attemptTimeout") {
            $0.duration(in: .milliseconds(1)...(.seconds(3600)))
        }
        return rule
    }

    private func backoff(_ value: ValueReader) -> Backoff? {
        guard var fields = value.fields("a mapping with 'base' and 'max'") else { return nil }
        defer { fields.finish() }
        var backoff = RetryRule().policy.backoff
        fields.set(&backoff.base, "base") { $0.duration(in: .milliseconds(1)...(.seconds(3600))) }
        let longest = fields.value("max")
        backoff.maximum =
            longest?.duration(in: .milliseconds(1)...(.seconds(86_400))) ?? max(backoff.maximum, backoff.base)
        if let longest, backoff.maximum < backoff.base {
            longest.error("'\(longest.path)' must be at least 'base'")
        }
        fields.set(&backoff.factor, "factor") { $0.number(in: 1...100) }
        let jitters: [(name: String, jitter: Backoff.Jitter)] = [
            ("full", .full), ("equal", .equal), ("decorrelated", .decorrelated), ("none", .none),
        ]
        fields.set(&backoff.jitter, "jitter") { value in
            value.choice(jitters.map(\.name)).flatMap { name in jitters.first { $0.name == name }?.jitter }
        }
        return backoff
    }

    func retryBudget(_ value: ValueReader) -> RetryBudgetConfiguration? {
        guard var fields = value.fields("'off', or a mapping, {} for the defaults") else { return nil }
        defer { fields.finish() }
        var budget = RetryBudgetConfiguration()
        fields.set(&budget.ratio, "ratio") { $0.number(in: 0...10) }
        fields.set(&budget.minimumPerSecond, "minPerSecond") { $0.integer(in: 0...100_000) }
        fields.set(&budget.window, "window") { $0.duration(in: .seconds(1)...(.seconds(60))) }
        return budget
    }
}
