// SPDX-License-Identifier: Apache-2.0

/// The instances of one service as they were known at one moment. Immutable: a change is a new set.
public final class InstanceSet: Sendable {
    /// What is known of the service.
    public enum Status: Hashable, Sendable {
        /// Nobody has answered yet.
        case pending
        /// The list is an answer; it may be empty.
        case resolved
        /// No answer was ever had, and the last attempt ended so. After a first answer a set never fails again:
        /// the last good list stays.
        case failed(DiscoveryError)
    }

    /// The service's name.
    public let service: String
    /// Sorted by id, without duplicates.
    public let instances: [Instance]
    /// Grows by one with each set of the same ``ServiceView``: who caches something made from a set compares this.
    public let version: UInt64
    public let status: Status

    /// - Parameter instances: In any order; of two with the same id the last counts.
    public init(service: String, instances: [Instance], version: UInt64, status: Status) {
        self.service = service
        self.instances = Self.sorted(instances)
        self.version = version
        self.status = status
    }

    static func sorted(_ instances: [Instance]) -> [Instance] {
        Dictionary(instances.map { ($0.id, $0) }, uniquingKeysWith: { $1 }).values.sorted { $0.id < $1.id }
    }
}
