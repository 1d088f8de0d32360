// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// What a call says about the instance that it went to.
public enum OutlierOutcome: Sendable, Hashable {
    case success
    /// The instance answered, with an error.
    case failure
    /// The instance didn't answer: no connection, connection lost, 502, 503, 504. Counts as a failure as well.
    case gatewayFailure
    /// The call was given up by its caller: neither good nor bad.
    case cancelled
}

/// Why an instance was ejected.
public enum OutlierReason: Sendable, Hashable, CustomStringConvertible {
    /// So many calls in a row failed.
    case consecutiveFailures(Int)
    /// So many calls in a row were not answered.
    case consecutiveGatewayFailures(Int)
    /// The rate of success was below what the others made of it.
    case successRate(Double, required: Double)
    /// So many percent of the calls of an interval failed.
    case failurePercentage(Double)

    /// The name without the figures, fit for the label of a metric.
    public var name: String {
        switch self {
        case .consecutiveFailures: "consecutive_failures"
        case .consecutiveGatewayFailures: "consecutive_gateway_failures"
        case .successRate: "success_rate"
        case .failurePercentage: "failure_percentage"
        }
    }

    public var description: String {
        switch self {
        case .consecutiveFailures(let count): "\(count) failures in a row"
        case .consecutiveGatewayFailures(let count): "\(count) calls without an answer in a row"
        case .successRate(let rate, let required):
            "\(Self.percent(rate)) % of the calls succeeded, the others make it \(Self.percent(required)) %"
        case .failurePercentage(let percentage): "\(Self.percent(percentage / 100)) % of the calls failed"
        }
    }

    /// With one decimal.
    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1_000).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}

/// An instance was ejected, or takes calls again.
public struct OutlierChange: Sendable, Hashable {
    /// What happened.
    public enum Kind: Sendable, Hashable {
        /// Out until then.
        case ejected(OutlierReason, until: Instant)
        /// The time of the ejection is over.
        case returned
        /// A health check passed.
        case recovered
    }

    /// The id of the instance.
    public let id: String
    /// What happened.
    public let kind: Kind
    /// When.
    public let at: Instant
}
