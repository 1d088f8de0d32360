// SPDX-License-Identifier: Apache-2.0

/// The right to be listed until it runs out, unless renewed.
public struct Lease: Hashable, Sendable {
    /// The service whose instance is listed.
    public let service: String
    /// The instance's id within the service.
    public let id: String
    /// Names this registration among all that ever were under the id. Renewing and deregistering with an older one is
    /// refused.
    public let generation: UInt64
    /// How long it lasts from registering, and from each renewal.
    public let ttl: Duration
}
