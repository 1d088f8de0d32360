// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusResilience

/// Decides what becomes of a message whose handler failed: try again after a delay that grows and is spread by chance, or
/// give up.
///
/// A value without clock or I/O. Errors that say what they want are obeyed: ``MessageRejected``, ``RetryLater``; a payload
/// that can't be decoded will not get better.
public struct RetryPolicy: Sendable, Hashable {
    /// Attempts including the first. Default: 20. At least 1.
    public var maximumAttempts: Int
    /// A message that failed and is older is given up, whatever its attempts. Default: none. Above zero.
    public var maximumAge: Duration?
    /// Default: from 1 s, doubled, to 10 min, half of it by chance: about 1.5 h for 20 attempts.
    public var backoff: Backoff

    /// A policy with the defaults that its properties say.
    public init(
        maximumAttempts: Int = 20, maximumAge: Duration? = nil,
        backoff: Backoff = Backoff(base: .seconds(1), maximum: .seconds(600), jitter: .equal)
    ) {
        self.maximumAttempts = maximumAttempts
        self.maximumAge = maximumAge
        self.backoff = backoff
    }

    /// Every problem of this policy; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems = backoff.validate().map { ConfigurationProblem("backoff.\($0.key)", $0.message) }
        problems.require(maximumAttempts >= 1, "maximumAttempts", "must be at least 1, is \(maximumAttempts)")
        problems.require(
            maximumAge.map { $0 > .zero } ?? true, "maximumAge", "must be above zero, is \(maximumAge ?? .zero)")
        return problems
    }

    /// What becomes of `delivery`, `age` after it was published, whose handler threw `error`.
    public func settlement(
        of delivery: Delivery, age: Duration, after error: any Error,
        using random: inout some RandomNumberGenerator
    ) -> Settlement {
        let text = Self.text(error)
        if let error = error as? MessagingError, error.code == .undecodable { return .dead(.undecodable, error: text) }
        if error is MessageRejected { return .dead(.rejected, error: text) }
        if let later = error as? RetryLater, !later.countsAttempt { return .giveBack(after: later.delay) }
        if delivery.attempt >= maximumAttempts { return .dead(.attemptsExhausted, error: text) }
        if let maximumAge, age > maximumAge { return .dead(.expired, error: text) }
        let delay =
            (error as? RetryLater)?.delay ?? backoff.delay(afterAttempt: delivery.attempt, using: &random)
        return .retry(after: delay, error: text)
    }

    /// What is remembered of an error: at most 1,000 characters, without NUL, which databases don't take.
    static func text(_ error: Any) -> String {
        String(String("\(error)".prefix(1_000)).unicodeScalars.filter { $0 != "\0" })
    }
}
