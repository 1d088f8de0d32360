// SPDX-License-Identifier: Apache-2.0
/// Told what happens in a queue, for metrics. Called outside locks, from any task; must be quick and not block.
public protocol QueueObserver: Sendable {
    func observe(_ event: QueueEvent)
}

/// Something that happened to messages.
public enum QueueEvent: Sendable {
    /// Stored in a channel; also when the transaction around it hasn't committed yet.
    case published(type: String, channel: Channel)
    /// Was there already, by its source and id.
    case duplicate(type: String, channel: Channel)
    /// Refused because the channel is full.
    case refused(type: String, channel: Channel)
    case handled(type: String, channel: Channel, duration: Duration)
    case retried(type: String, channel: Channel, attempt: Int, delay: Duration, error: String)
    case dead(type: String, channel: Channel, reason: DeadReason, error: String)
    /// The lease went to another claim while the handler ran; its acknowledgement was refused.
    case leaseLost(type: String, channel: Channel)
    /// Given back when the worker stopped.
    case givenBack(type: String, channel: Channel)
    /// A handler that was cancelled doesn't return; its place stays taken.
    case stuck(type: String, channel: Channel)
    /// The store failed; the worker goes on after a pause.
    case storageFailed(channel: Channel, error: String)
}
