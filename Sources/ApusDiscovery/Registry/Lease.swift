// SPDX-License-Identifier: Apache-2.0

/// The right to be listed until it runs out, unless renewed.
public struct Lease: Hashable, Sendable {
    public let service: String
    public let id: String
    /// Names this registration among all that ever were under the id. Renewing and deregistering with an older one is
    /// refused.
    public let generation: UInt64
    public let ttl: Duration
}
