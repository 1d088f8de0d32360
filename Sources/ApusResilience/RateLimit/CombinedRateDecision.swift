// SPDX-License-Identifier: Apache-2.0

/// The answer of several limits to one request.
public struct CombinedRateDecision: Sendable, Hashable {
    /// Which limit it is that ``decision`` speaks of: its number, from 0.
    public internal(set) var index: Int
    /// If the request is refused, what the limit says that makes it wait longest (one that it never fits before all
    /// others); if it is allowed, the limit that has least left.
    public internal(set) var decision: RateDecision

    /// Whether the request may pass: every limit has been charged then, and none otherwise.
    @inlinable public var isAllowed: Bool { decision.isAllowed }

    /// How long to wait until the request fits all limits; nil if it was allowed or never fits one.
    public var retryAfter: Duration? { decision.retryAfter }

    /// Takes over what another limit says if it matters more.
    mutating func merge(_ other: RateDecision, of limit: Int) {
        if Self.weight(other) > Self.weight(decision) {
            decision = other
            index = limit
        }
    }

    private static func weight(_ decision: RateDecision) -> (Int, Int64) {
        switch decision.verdict {
        case .allowed: (0, -Int64(decision.remaining))
        case .limited: (1, decision.retryNanoseconds)
        case .neverFits: (2, 0)
        }
    }
}
