// SPDX-License-Identifier: Apache-2.0
public import Synchronization

/// One instance that calls may be sent to, as balancing sees it: what must survive a change of the set.
///
/// The same candidate stands in every set that its id is in, so the calls in flight and the state of its health live on
/// when instances come and go around it. Safe to use from any thread; everything is an atomic.
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
    }

    /// What identifies the instance for as long as it lives: an instance id or an endpoint.
    public let id: String

    @usableFromInline let reasons = Atomic<UInt8>(0)
    @usableFromInline let calls = Atomic<Int>(0)

    public init(id: String) {
        self.id = id
    }

    /// Whether calls may be sent to it.
    @inlinable public var isUsable: Bool { reasons.load(ordering: .relaxed) == 0 }

    /// Why no calls should go to it; empty if it is usable.
    public var unusable: Unusable { Unusable(rawValue: reasons.load(ordering: .relaxed)) }

    /// Sets (`true`) or lifts (`false`) reasons not to use it.
    ///
    /// - Returns: whether that changed anything.
    @discardableResult
    public func mark(_ reason: Unusable, _ holds: Bool) -> Bool {
        let (old, new) =
            holds
            ? reasons.bitwiseOr(reason.rawValue, ordering: .relaxed)
            : reasons.bitwiseAnd(~reason.rawValue, ordering: .relaxed)
        return old != new
    }

    /// The calls that are on their way to it.
    @inlinable public var inFlight: Int { calls.load(ordering: .relaxed) }

    /// Counts a call as in flight for as long as the lease lives.
    @inlinable
    public func lease() -> CandidateLease {
        CandidateLease(self)
    }
}

/// A call in flight to a candidate. It can't be copied; the call counts until the lease goes away, whichever way.
public struct CandidateLease: ~Copyable, Sendable {
    /// The candidate that the call goes to.
    public let candidate: Candidate

    @inlinable
    init(_ candidate: Candidate) {
        self.candidate = candidate
        candidate.calls.wrappingAdd(1, ordering: .relaxed)
    }

    @inlinable
    deinit {
        candidate.calls.wrappingSubtract(1, ordering: .relaxed)
    }
}
