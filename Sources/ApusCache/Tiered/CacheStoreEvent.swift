// SPDX-License-Identifier: Apache-2.0

/// What a subscriber of a ``CacheStore`` hears.
public enum CacheStoreEvent: Sendable, Hashable {
    /// A message that someone published.
    case message(String)
    /// From here on messages come; those before may have been lost. The first event after subscribing.
    case connected
    /// From here on messages get lost.
    case disconnected
}
