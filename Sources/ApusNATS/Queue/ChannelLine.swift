// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// What this process knows of a channel's consumer.
struct ChannelLine: Sendable {
    /// A message that came without being claimed, and the earliest instant at which its lease may have begun.
    struct Arrival: Sendable {
        let message: PulledMessage
        let began: Instant
    }

    /// The consumer's lease; nil if it isn't known to be there.
    var lease: Duration?
    /// Those that are to be woken.
    var wakers = 0
    /// Waits at the server for the next message.
    var listener: Task<Void, Never>?
    /// Counts the listeners, so that the end of an old one isn't taken for that of the next.
    var generation = 0
    var arrivals: [Arrival] = []
}
