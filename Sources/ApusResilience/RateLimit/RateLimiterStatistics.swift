// SPDX-License-Identifier: Apache-2.0

/// What a rate limiter did since it was made.
public struct RateLimiterStatistics: Sendable, Hashable {
    /// Keys remembered at the moment.
    public internal(set) var keys = 0
    /// The memory that they take.
    public internal(set) var bytes = 0
    public internal(set) var allowed: UInt64 = 0
    public internal(set) var limited: UInt64 = 0
    /// Keys forgotten before they expired, because there were too many: each had its burst given back.
    public internal(set) var evicted: UInt64 = 0
}
