// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Which failures another attempt may mend.
///
/// That a failure is among them is not enough: what a peer may have seen is repeated only if the request allows it.
public struct RetryableFailures: Sendable, Hashable {
    /// Failures by their kind. Default: connections that could not be made or were lost, and attempts whose own time was
    /// up. Rejections of this process (breaker, limits, no instance) are not among them: the balancer leaves out what is
    /// closed, and what is overloaded gets no better by being asked again.
    public var codes: Set<CallFailure.Code> = [.connectFailed, .connectionLost, .deadlineExceeded]
    /// Answers by their status. Default 502, 503 and 504. From 400 to 599.
    public var statuses: Set<Int> = [502, 503, 504]
    /// Answers that count only if they say when to come back. Default 429. From 400 to 599.
    public var statusesWithRetryAfter: Set<Int> = [429]

    public init() {}

    /// Whether another attempt may mend `failure`.
    public func contains(_ failure: CallFailure) -> Bool {
        if failure.code == .unexpectedStatus, let status = failure.status {
            return statuses.contains(status) || failure.retryAfter != nil && statusesWithRetryAfter.contains(status)
        }
        return codes.contains(failure.code)
    }

    /// Every problem; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        for code in [CallFailure.Code.cancelled, .unexpectedStatus] {
            problems.require(!codes.contains(code), "codes", "must not contain \(code)")
        }
        for (key, statuses) in [("statuses", statuses), ("statusesWithRetryAfter", statusesWithRetryAfter)] {
            for status in statuses.sorted() where !(400...599).contains(status) {
                problems.append(ConfigurationProblem(key, "must be from 400 to 599, contains \(status)"))
            }
        }
        return problems
    }
}
