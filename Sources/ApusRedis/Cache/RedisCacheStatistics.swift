// SPDX-License-Identifier: Apache-2.0

/// What a cache on Redis has counted beyond ``ApusCache/CacheStatistics``.
public struct RedisCacheStatistics: Sendable, Hashable {
    /// Calls that gave no reply, of any kind; each was taken as a miss or failed with a typed error.
    public var failures = 0
    /// Those of them whose budget passed.
    public var timeouts = 0
    /// Calls that weren't made because the breaker was open.
    public var rejected = 0
    /// Values that Redis had no memory for.
    public var full = 0
    /// Values that were larger than allowed.
    public var tooLarge = 0
    /// Loaded values that weren't stored: something else was stored or removed meanwhile, or the load took too long.
    public var notStored = 0
    /// Keys whose change Redis hasn't confirmed, at this moment.
    public var unconfirmed = 0

    public init() {}
}
