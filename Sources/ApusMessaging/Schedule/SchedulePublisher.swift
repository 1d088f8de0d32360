// SPDX-License-Identifier: Apache-2.0

/// Where a ``Scheduler`` publishes: a queue.
public protocol SchedulePublisher: Sendable {
    /// How long at least the same message, by source and id, is recognized after it was published, and then has no effect.
    var deduplicationWindow: Duration { get }

    /// Stores the message for good. Must end when its task is cancelled.
    ///
    /// - Throws: any error; then the same message comes again.
    func publish(_ message: Message) async throws -> PublishResult
}
