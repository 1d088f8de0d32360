// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import Synchronization

/// One instance that calls may be sent to, as balancing sees it: what must survive a change of the set.
///
/// The same candidate stands in every set that its id is in, so the calls in flight, the state of its health and what
/// is known of its latency live on when instances come and go around it. Safe to use from any thread.
public final class Candidate: Sendable {
    /// Why no calls should go to a candidate. Each reason is set and lifted by whoever watches for it, without regard
    /// to the others; a candidate without any is usable.
    public struct Unusable: OptionSet, Sendable, Hashable {
        public let rawValue: UInt8

        @inlinable
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// Active health checks fail.
        public static let unhealthy = Unusable(rawValue: 1 << 0)
        /// Calls to it fail more than those to the others.
        public static let ejected = Unusable(rawValue: 1 << 1)
        /// It is about to leave, or does not take calls yet.
        public static let draining = Unusable(rawValue: 1 << 2)
        /// Its circuit breaker is open.
        public static let breakerOpen = Unusable(rawValue: 1 << 3)
        /// No connection to it could be made a moment ago.
        public static let unreachable = Unusable(rawValue: 1 << 4)
    }

    /// The weights that count: one below counts as the least of them, one above as the greatest.
    public static let weights = 1...1_000

    /// What identifies the instance for as long as it lives: an instance id or an endpoint.
    public let id: String
    /// The hash of the id, the same in every process.
    public let hash: UInt64
    /// What it has in common with the other candidates of its service.
    public let group: CandidateGroup

    @usableFromInline let reasons = Atomic<UInt8>(0)
    @usableFromInline let calls = Atomic<Int>(0)
    let latency = LatencyRecord()
    let results = CallResults()
    private let weightNow: Atomic<Int>
    private let started: Atomic<Int64>
    private let place: Mutex<String?>

    /// - Parameters:
    ///   - id: what identifies the instance.
    ///   - weight: its share of the calls beside the others, from 1 to 1,000. Default 1.
    ///   - zone: where it runs. Default nil: not known.
    ///   - startedAt: since when it takes calls, for the slow start. Default nil: for long enough.
    ///   - group: that of the other candidates of the service. Default: one of its own.
    public init(
        id: String, weight: Int = 1, zone: String? = nil, startedAt: Instant? = nil,
        group: CandidateGroup = CandidateGroup()
    ) {
        self.id = id
        self.group = group
        hash = XXHash64.hash(id)
        weightNow = Atomic(Self.clamped(weight))
        started = Atomic(startedAt?.nanoseconds ?? .min)
        place = Mutex(zone)
    }

    /// Whether calls may be sent to it.
    @inlinable public var isUsable: Bool { reasons.load(ordering: .relaxed) == 0 }

    /// Why no calls should go to it; empty if it is usable.
    @inlinable public var unusable: Unusable { Unusable(rawValue: reasons.load(ordering: .relaxed)) }

    /// Sets (`true`) or lifts (`false`) reasons not to use it.
    ///
    /// - Returns: whether that changed anything.
    @discardableResult
    public func mark(_ reason: Unusable, _ holds: Bool) -> Bool {
        let (old, new) =
            holds
            ? reasons.bitwiseOr(reason.rawValue, ordering: .relaxed)
            : reasons.bitwiseAnd(~reason.rawValue, ordering: .relaxed)
        guard old != new else { return false }
        group.changed()
        return true
    }

    /// Its share of the calls beside the others, from 1 to 1,000.
    public var weight: Int { weightNow.load(ordering: .relaxed) }

    /// Where it runs; nil if that isn't known.
    public var zone: String? { place.withLock { $0 } }

    /// Since when it takes calls, for the slow start; nil if that is long enough ago.
    public var startedAt: Instant? {
        let nanoseconds = started.load(ordering: .relaxed)
        return nanoseconds == .min ? nil : Instant(nanoseconds: nanoseconds)
    }

    /// Takes over what the registry says of the instance now. Its health, calls and latency stay as they are.
    public func update(weight: Int, zone: String?) {
        let weight = Self.clamped(weight)
        let isOtherWeight = weightNow.exchange(weight, ordering: .relaxed) != weight
        let isOtherZone = place.withLock { place in
            defer { place = zone }
            return place != zone
        }
        if isOtherWeight || isOtherZone { group.changed() }
    }

    /// Has the slow start begin (again) at `now`: for an instance that takes calls again after it was out.
    public func restart(at now: Instant) {
        started.store(now.nanoseconds, ordering: .relaxed)
        group.changed()
    }

    /// The calls that are on their way to it.
    @inlinable public var inFlight: Int { calls.load(ordering: .relaxed) }

    /// Counts a call as in flight for as long as the lease lives.
    @inlinable
    public func lease() -> CandidateLease {
        CandidateLease(self)
    }

    private static func clamped(_ weight: Int) -> Int {
        min(max(weight, weights.lowerBound), weights.upperBound)
    }
}
