// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// The three instants that decide what an entry of a cache is good for.
@usableFromInline
struct EntryTimes: Sendable, Equatable {
    /// From here on it isn't fresh any more.
    @usableFromInline var expires: Instant
    /// From here on it isn't even given as a stale value.
    @usableFromInline var keptUntil: Instant
    /// From here on who asks for it begins a load: its expiry, earlier with a refresh ahead of it, later after a load
    /// that failed.
    @usableFromInline var nextLoad: Instant

    @inlinable
    init(expires: Instant, keptUntil: Instant, nextLoad: Instant) {
        self.expires = expires
        self.keptUntil = keptUntil
        self.nextLoad = nextLoad
    }

    @inlinable static var forever: EntryTimes {
        EntryTimes(expires: .distantFuture, keptUntil: .distantFuture, nextLoad: .distantFuture)
    }

    /// The times of what is stored at `now` for `timeToLive`.
    ///
    /// - Parameter shortened: by which part the time to live is shortened, 0 to 1.
    @inlinable
    init(_ policy: CachePolicy, timeToLive: Duration, shortened: Double, now: Instant) {
        let whole = timeToLive.nanoseconds
        guard whole < .max else {
            self = .forever
            return
        }
        let lived = max(1, Int64(exactly: (Double(whole) * (1 - shortened)).rounded()) ?? whole)
        expires = now.advanced(by: .nanoseconds(lived))
        keptUntil = expires.advanced(by: max(.zero, policy.staleWhileRevalidate, policy.staleIfError))
        if let part = policy.refreshAhead, part > 0, part < 1 {
            nextLoad = now.advanced(by: .nanoseconds(Int64(Double(lived) * part)))
        } else {
            nextLoad = expires
        }
    }
}
