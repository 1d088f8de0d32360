// SPDX-License-Identifier: Apache-2.0

/// The instances of a service in the registry.
public struct ServiceListing: Hashable, Sendable {
    /// The service's name.
    public let service: String
    /// The revision at which the list last changed: what a watcher waits to be passed.
    public let index: UInt64
    /// Sorted by id.
    public let instances: [Instance]
}
