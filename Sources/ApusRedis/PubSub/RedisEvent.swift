// SPDX-License-Identifier: Apache-2.0

/// What a subscriber hears.
public enum RedisEvent: Sendable, Hashable {
    case message(RedisMessage)
    /// Messages may be missing here.
    case gap(RedisGap)
}

/// Why messages may be missing.
public enum RedisGap: Sendable, Hashable {
    /// The connection is lost; nothing will come until ``resubscribed``.
    case disconnected
    /// Messages come again. Those between ``disconnected`` and here are lost.
    case resubscribed
    /// The subscriber was too slow for so many.
    case overflow(Int)
}
