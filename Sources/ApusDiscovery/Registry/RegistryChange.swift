// SPDX-License-Identifier: Apache-2.0

/// One entry of the registry's log.
public struct RegistryChange: Hashable, Sendable {
    /// What happened to the instance.
    public enum Kind: String, Hashable, Sendable, Codable {
        /// New, or registered anew with another address or other metadata.
        case registered
        case deregistered
        /// Its lease ran out.
        case expired
    }

    /// The registry's revision that this change made.
    public let revision: UInt64
    public let kind: Kind
    public let instance: Instance
}
