// SPDX-License-Identifier: Apache-2.0
internal import ApusContract
public import Foundation

/// A dead message as `GET /queue/dead` tells it.
public struct DeadMessageReport: Codable, Sendable, Hashable {
    /// Where it is: queue, channel, and its place there, which retry and drop ask for.
    public var queue: String
    public var channel: String
    public var position: String
    /// What it is.
    public var id: String
    public var type: String
    public var source: String
    public var created: Date
    /// Why it is dead, after how many attempts, and since when.
    public var reason: String
    public var attempts: Int
    public var firstError: String?
    public var lastError: String?
    public var died: Date
    /// The message as a CloudEvents document, as text; only where one message is asked for.
    public var message: String?

    /// Tells of `dead`, in the queue of this name.
    ///
    /// - Parameter isWhole: whether with the message.
    public init(_ dead: DeadMessage, in queue: String, isWhole: Bool) {
        self.queue = queue
        channel = dead.channel.name
        position = dead.position.description
        id = dead.message.id
        type = dead.message.type
        source = dead.message.source
        created = dead.message.created
        reason = dead.reason.name
        attempts = dead.attempts
        firstError = dead.firstError
        lastError = dead.lastError
        died = dead.died
        message = isWhole ? String(decoding: dead.message.cloudEvent, as: UTF8.self) : nil
    }
}

/// A page of dead messages.
public struct DeadMessagePage: Codable, Sendable, Hashable {
    /// The dead messages, oldest first.
    public var messages: [DeadMessageReport]
    /// What to ask for next with `after`; nil if these are the last.
    public var next: String?

    public init(messages: [DeadMessageReport], next: String?) {
        self.messages = messages
        self.next = next
    }
}
