// SPDX-License-Identifier: Apache-2.0

/// Who wants what of a broker, as `GET /queue/subscribers` tells it.
public struct SubscriptionReport: Codable, Sendable, Hashable {
    /// One service.
    public struct Line: Codable, Sendable, Hashable {
        /// Its name in the registry.
        public var service: String
        /// By name.
        public var types: [String]
    }

    /// By the name of the service.
    public var subscribers: [Line]

    /// A report of these.
    public init(_ subscriptions: [Subscription]) {
        subscribers = subscriptions.map { Line(service: $0.service, types: $0.types.sorted()) }
            .sorted { $0.service < $1.service }
    }
}
