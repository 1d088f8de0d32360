// SPDX-License-Identifier: Apache-2.0
public import ApusBalancing
public import ApusResilience
import Synchronization

/// A request in a simulation.
public struct SimulatedRequest: RepeatableRequest {
    /// The hash of what the call should stick by, for policies that hash. Default nil.
    public var key: UInt64?
    /// How much it matters, for load shedding. Default normal.
    public var priority: CallPriority
    /// Whether it may be sent again though an instance may have seen it. Default true.
    public var isRepeatable: Bool
    /// The instances that this attempt keeps away from.
    public private(set) var excluded: [Candidate] = []
    private let tried = TriedCandidates()

    public init(key: UInt64? = nil, priority: CallPriority = .normal, isRepeatable: Bool = true) {
        self.key = key
        self.priority = priority
        self.isRepeatable = isRepeatable
    }

    public mutating func prepare(for attempt: RepeatedAttempt) {
        excluded = attempt.avoidsPrevious ? tried.all : []
    }

    /// Notes that an attempt goes to `candidate`.
    func tries(_ candidate: Candidate) { tried.add(candidate) }
}

/// The instances that the attempts of one call went to, which its copies share.
private final class TriedCandidates: Sendable {
    private let candidates = Mutex<[Candidate]>([])

    var all: [Candidate] { candidates.withLock { $0 } }

    func add(_ candidate: Candidate) { candidates.withLock { $0.append(candidate) } }
}

/// The answer of a simulated instance.
public struct SimulatedResponse: Sendable, Hashable {
    /// The instance that answered.
    public var instance: String

    public init(instance: String) {
        self.instance = instance
    }
}
