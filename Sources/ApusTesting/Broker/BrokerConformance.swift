// SPDX-License-Identifier: Apache-2.0
public import ApusMessaging

/// What every broker promises beyond what its queue does (``QueueConformance``): who wants what is known to all, and what
/// is published comes to each service that wants it, by way of the shipped relay and subscribers.
public enum BrokerConformance {
    /// A fresh broker and what the checks do with it.
    public struct Subject: Sendable {
        /// What is checked, the clock that it reads, and how much is sent through it.
        public let broker: any MessageBroker
        public let clock: ManualClock
        public let scale: Scale

        /// - Parameters:
        ///   - broker: a channel of it holds at least as many messages as `scale` says.
        ///   - clock: what the broker's clock reads; ahead of the system's where the broker is on the network, whose
        ///     deadlines go by that. A broker whose features lack `ownClock` goes by a clock of its own: then this one is
        ///     any.
        public init(broker: any MessageBroker, clock: ManualClock, scale: Scale = .init()) {
            self.broker = broker
            self.clock = clock
            self.scale = scale
        }
    }

    /// How much the largest check sends through a broker: less for one that takes its time.
    public struct Scale: Sendable, Hashable {
        /// Services that subscribe, each with two instances. Default: 50.
        public var services: Int
        /// Messages that each of them gets. Default: 5,000.
        public var messages: Int

        public init(services: Int = 50, messages: Int = 5_000) {
            self.services = services
            self.messages = messages
        }
    }

    typealias Check = ConformanceCheck<Subject>

    struct Job: Codable, Sendable {
        var number: Int
    }

    static let job = MessageType<Job>("job")
    static let note = MessageType<Job>("note")

    /// The checks of what every broker does, and of the features that this one declares.
    public static func checks(for features: QueueFeatures) -> [ConformanceCheck<Subject>] {
        directory + delivery + (features.isSuperset(of: [.orderingKeys, .ownClock]) ? ordering : [])
    }
}
