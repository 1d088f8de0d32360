// SPDX-License-Identifier: Apache-2.0

/// How long a value is used, and what happens when its time is over or its source fails.
///
/// The life of a value: *fresh* for its time to live; then *stale*, and given only as this policy allows; then gone.
/// A value that is removed is gone at once, stale or not. Names are those of RFC 5861.
public struct CachePolicy: Sendable, Hashable {
    /// How long a value is fresh; nil for the cache's default, ``Swift/Duration/forever`` for ever. Zero or less: it isn't
    /// stored. Shortened by the cache's jitter. Default: nil.
    public var timeToLive: Duration?
    /// How long after its time to live a value is given at once while one load in the background replaces it. Zero or
    /// less: never, callers wait for the load. Default: zero.
    public var staleWhileRevalidate: Duration
    /// How long after its time to live a value is given if the load of a new one fails (fail-safe). Zero or less: never,
    /// callers get the error. Default: zero.
    public var staleIfError: Duration
    /// How long after a failed load an old value is given without another load. Default: 1 s.
    public var retryAfterFailure: Duration
    /// After which part of its time to live a value that is asked for is replaced by a load in the background, so that
    /// nobody waits for what is asked for often. Between 0 and 1, both excluded; nil or anything else: not before it
    /// expires. Default: nil.
    public var refreshAhead: Double?
    /// How long `findOrLoad` remembers that there is nothing. Zero or less: it doesn't. Default: zero.
    public var negativeTimeToLive: Duration
    /// Names under which the value can be removed together with others. A value with more than 16 isn't stored. Default:
    /// none.
    public var tags: [String]

    /// A policy: fresh for the cache's default time and then gone, unless said otherwise.
    public init(
        timeToLive: Duration? = nil, staleWhileRevalidate: Duration = .zero, staleIfError: Duration = .zero,
        retryAfterFailure: Duration = .seconds(1), refreshAhead: Double? = nil, negativeTimeToLive: Duration = .zero,
        tags: [String] = []
    ) {
        self.timeToLive = timeToLive
        self.staleWhileRevalidate = staleWhileRevalidate
        self.staleIfError = staleIfError
        self.retryAfterFailure = retryAfterFailure
        self.refreshAhead = refreshAhead
        self.negativeTimeToLive = negativeTimeToLive
        self.tags = tags
    }

    /// How many tags a value may have.
    public static let maximumTags = 16

    /// How long after its time to live something may still be given, for whichever reason.
    public var staleness: Duration { max(.zero, staleWhileRevalidate, staleIfError) }

    /// This policy for the answer that there is nothing: its own time to live, never stale.
    var forNothing: CachePolicy {
        CachePolicy(timeToLive: negativeTimeToLive, retryAfterFailure: retryAfterFailure, tags: tags)
    }
}

extension Duration {
    /// Longer than any process lives: as a time to live, for ever.
    public static var forever: Duration { .nanoseconds(Int64.max) }
}
