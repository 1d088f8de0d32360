// SPDX-License-Identifier: Apache-2.0

/// Requests per time, such as 100 per second.
public struct RateConfiguration: Hashable, Sendable {
    /// 1 to 1,000,000,000.
    public var requests: Int
    /// A second, a minute or an hour.
    public var period: Duration

    /// So many requests per `period`.
    public init(requests: Int, per period: Duration) {
        self.requests = requests
        self.period = period
    }
}
