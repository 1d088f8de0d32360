// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How long a value is used, and what happens when its time is over or its source fails.
///
/// The life of a value: *fresh* for its time to live; then *stale*, and given only as this policy allows; then gone.
/// A value that is removed is gone at once, stale or not. Names are those of RFC 5861.
public struct CachePolicy: Sendable, Hashable {
    /// How long a value is fresh; nil for the cache's default, ``Swift/Duration/forever`` for ever. Zero or less: it isn't
    /// stored. Shortened by the cache's jitter. Default: nil.
    @inlinable public var timeToLive: Duration? {
        get { life == Self.unset ? nil : .nanoseconds(life) }
        set { life = Self.nanoseconds(newValue) }
    }
    /// How long after its time to live a value is given at once while one load in the background replaces it. Zero or
    /// less: never, callers wait for the load. Default: zero.
    @inlinable public var staleWhileRevalidate: Duration {
        get { rest.staleWhileRevalidate }
        set { rest.staleWhileRevalidate = newValue }
    }
    /// How long after its time to live a value is given if the load of a new one fails (fail-safe). Zero or less: never,
    /// callers get the error. Default: zero.
    @inlinable public var staleIfError: Duration {
        get { rest.staleIfError }
        set { rest.staleIfError = newValue }
    }
    /// How long after a failed load an old value is given without another load. Default: 1 s.
    @inlinable public var retryAfterFailure: Duration {
        get { rest.retryAfterFailure }
        set { rest.retryAfterFailure = newValue }
    }
    /// After which part of its time to live a value that is asked for is replaced by a load in the background, so that
    /// nobody waits for what is asked for often. Between 0 and 1, both excluded; nil or anything else: not before it
    /// expires. Default: nil.
    @inlinable public var refreshAhead: Double? {
        get { rest.refreshAhead }
        set { rest.refreshAhead = newValue }
    }
    /// How long `findOrLoad` remembers that there is nothing. Zero or less: it doesn't. Default: zero.
    @inlinable public var negativeTimeToLive: Duration {
        get { rest.negativeTimeToLive }
        set { rest.negativeTimeToLive = newValue }
    }
    /// Names under which the value can be removed together with others. A value with more than 16 isn't stored. Default:
    /// none.
    @inlinable public var tags: [String] {
        get { rest.tags }
        set { rest.tags = newValue }
    }

    /// What few policies say, out of line: a policy is passed on through every step of a load.
    @usableFromInline
    struct Rest: Sendable, Hashable {
        @usableFromInline var staleWhileRevalidate = Duration.zero
        @usableFromInline var staleIfError = Duration.zero
        @usableFromInline var retryAfterFailure = Duration.seconds(1)
        @usableFromInline var refreshAhead: Double?
        @usableFromInline var negativeTimeToLive = Duration.zero
        @usableFromInline var tags: [String] = []

        @inlinable init() {}
    }

    /// In nanoseconds.
    @usableFromInline var life: Int64
    /// Nil if nothing differs from the defaults.
    @usableFromInline var changes: OutOfLine<Rest>?
    @usableFromInline static var unset: Int64 { .min }

    @inlinable var rest: Rest {
        get { changes?.value ?? Rest() }
        set { changes = newValue == Rest() ? nil : OutOfLine(newValue) }
    }

    /// A policy: fresh for the cache's default time and then gone, unless said otherwise.
    @inlinable
    public init(
        timeToLive: Duration? = nil, staleWhileRevalidate: Duration = .zero, staleIfError: Duration = .zero,
        retryAfterFailure: Duration = .seconds(1), refreshAhead: Double? = nil, negativeTimeToLive: Duration = .zero,
        tags: [String] = []
    ) {
        life = Self.nanoseconds(timeToLive)
        var rest = Rest()
        rest.staleWhileRevalidate = staleWhileRevalidate
        rest.staleIfError = staleIfError
        rest.retryAfterFailure = retryAfterFailure
        rest.refreshAhead = refreshAhead
        rest.negativeTimeToLive = negativeTimeToLive
        rest.tags = tags
        self.rest = rest
    }

    /// A policy that says nothing but the time.
    @inlinable
    public init(timeToLive: Duration? = nil) {
        life = Self.nanoseconds(timeToLive)
    }

    @inlinable
    static func nanoseconds(_ timeToLive: Duration?) -> Int64 {
        timeToLive.map { max($0.nanoseconds, unset + 1) } ?? unset
    }

    /// How many tags a value may have.
    public static let maximumTags = 16

    /// How long after its time to live something may still be given, for whichever reason.
    public var staleness: Duration {
        changes.map { max(.zero, $0.value.staleWhileRevalidate, $0.value.staleIfError) } ?? .zero
    }

    /// Of what isn't kept.
    static var unkept: CachePolicy { CachePolicy(timeToLive: .zero) }

    /// This policy for the answer that there is nothing: its own time to live, never stale.
    var forNothing: CachePolicy {
        CachePolicy(timeToLive: negativeTimeToLive, retryAfterFailure: retryAfterFailure, tags: tags)
    }
}

extension Duration {
    /// Longer than any process lives: as a time to live, for ever.
    public static var forever: Duration { .nanoseconds(Int64.max) }
}
