// SPDX-License-Identifier: Apache-2.0

/// How a registration that is kept up in the background stands.
public enum RegistrationStatus: Hashable, Sendable {
    /// The registry has not confirmed it yet.
    case pending
    /// The lease is held.
    case registered
    /// The last attempt failed; it is tried again.
    case failing(DiscoveryError)
    /// Another process registered under the same id, or the registry refuses the instance: no further attempt is made.
    case refused(DiscoveryError)
}
