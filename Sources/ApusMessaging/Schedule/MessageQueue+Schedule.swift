// SPDX-License-Identifier: Apache-2.0

extension MessageQueue: SchedulePublisher {
    public var deduplicationWindow: Duration { configuration.deduplicationWindow }

    @discardableResult
    public func publish(_ message: Message) async throws -> PublishResult {
        try await publish(message, PublishOptions())
    }
}
