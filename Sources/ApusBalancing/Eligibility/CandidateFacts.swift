// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// What an ``EligibilityPlan`` looks at of a candidate, at one moment.
public struct CandidateFacts: Sendable, Hashable {
    /// The hash of its id.
    public var hash: UInt64
    /// Why no calls should go to it.
    public var unusable: Candidate.Unusable
    /// Its share beside the others, 1 to 1,000.
    public var weight: Int
    /// Where it runs.
    public var zone: String?
    /// Since when it takes calls, if it is new.
    public var startedAt: Instant?

    public init(
        hash: UInt64, unusable: Candidate.Unusable = [], weight: Int = 1, zone: String? = nil,
        startedAt: Instant? = nil
    ) {
        self.hash = hash
        self.unusable = unusable
        self.weight = weight
        self.zone = zone
        self.startedAt = startedAt
    }

    /// The facts of `candidate` now.
    public init(_ candidate: Candidate) {
        self.init(
            hash: candidate.hash, unusable: candidate.unusable, weight: candidate.weight, zone: candidate.zone,
            startedAt: candidate.startedAt)
    }

    var isUsable: Bool { unusable.isEmpty }
}
