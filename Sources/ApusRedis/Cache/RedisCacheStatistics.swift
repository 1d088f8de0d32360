// SPDX-License-Identifier: Apache-2.0

/// What a ``RedisCacheStore`` has counted of failures.
public struct RedisCacheStatistics: Sendable, Hashable {
    /// Calls that gave no reply, of any kind; each failed with a typed error.
    public var failures = 0
    /// Those of them whose time was over.
    public var timeouts = 0
    /// Calls that weren't made because the breaker was open.
    public var rejected = 0
    /// Values that Redis had no memory for.
    public var full = 0
    /// Values that were larger than allowed.
    public var tooLarge = 0

    public init() {}
}
