// SPDX-License-Identifier: Apache-2.0
internal import ApusContract
internal import ApusCore
public import ApusMessaging
internal import Foundation
internal import Synchronization

extension JetStreamQueue {
    /// The copy of a message for the dead. Written twice within the deduplication window, it is there once.
    func deadCopy(of message: PulledMessage, in channel: Channel, _ note: DeathNote) -> NATSClient.Request {
        NATSClient.Request(
            subject: layout.deadSubject(of: channel),
            headers: [
                NATSHeader("Nats-Msg-Id", "dead.\(message.sequence).\(message.stored)"),
                NATSHeader(DeathNote.header, note.text),
            ],
            data: message.message.data)
    }

    public func deadMessages(
        in channel: Channel, after position: QueuePosition, limit: Int
    ) async throws(MessagingError) -> [DeadMessage] {
        let subject = layout.deadSubject(of: channel)
        return try await withBroker { () async throws(NATSError) in
            var messages: [DeadMessage] = []
            var next = position.major &+ 1
            while messages.count < limit,
                let stored = try await client.storedMessage(.from(next, subject: subject), of: layout.dead)
            {
                messages.append(dead(stored, channel))
                next = stored.sequence + 1
            }
            return messages
        }
    }

    private func dead(_ stored: StoredMessage, _ channel: Channel) -> DeadMessage {
        let note = stored.header(DeathNote.header).flatMap { DeathNote($0) }
        return DeadMessage(
            position: QueuePosition(stored.sequence), channel: channel, message: read(stored.data),
            reason: DeadReason(note?.reason ?? "unknown"), attempts: note?.attempts ?? 0,
            firstError: note?.firstError, lastError: note?.lastError,
            died: Date(timeIntervalSince1970: Double(note?.died ?? 0) / 1e6))
    }

    /// Each is appended anew, then removed from the dead. If the process ends in between, or this throws, the same again
    /// doesn't append it twice within the deduplication window.
    @discardableResult
    public func redrive(_ positions: [QueuePosition], in channel: Channel) async throws(MessagingError) -> Int {
        let (from, to) = (layout.deadSubject(of: channel), layout.subject(of: channel))
        return try await withBroker { () async throws(NATSError) in
            var number = 0
            for position in positions {
                guard let stored = try await client.storedMessage(.at(position.major), of: layout.dead),
                    stored.subject == from
                else { continue }
                try await client.append(
                    stored.data, to: to, id: "redrive.\(stored.sequence).\(stored.time)")
                if try await client.removeMessage(stored.sequence, of: layout.dead) { number += 1 }
            }
            return number
        }
    }

    @discardableResult
    public func drop(_ positions: [QueuePosition], in channel: Channel) async throws(MessagingError) -> Int {
        let subject = layout.deadSubject(of: channel)
        return try await withBroker { () async throws(NATSError) in
            var number = 0
            for position in positions {
                let stored = try await client.storedMessage(.at(position.major), of: layout.dead)
                guard stored?.subject == subject else { continue }
                if try await client.removeMessage(position.major, of: layout.dead) { number += 1 }
            }
            return number
        }
    }

    /// Counts at the server: what is unfinished exactly, and how much of it is in hand as far as it can be told. JetStream
    /// counts what waits for a delay as in hand; so as many as have notes count as waiting, and what is in the hand of this
    /// process in any case as that.
    public func statistics() async throws(MessagingError) -> [Channel: QueueStatistics] {
        try await withBroker { () async throws(NATSError) in
            var all: [Channel: QueueStatistics] = [:]
            let live = try await client.streamState(layout.live, subjects: layout.liveSubjects).subjects
            for (subject, depth) in live {
                guard let channel = layout.channel(of: subject) else { continue }
                let inHand = min(depth, try await inHand(of: channel))
                var statistics = QueueStatistics()
                statistics.inHand = inHand
                statistics.waiting = depth - inHand
                all[channel] = statistics
            }
            let dead = try await client.streamState(layout.dead, subjects: layout.deadSubjects).subjects
            for (subject, number) in dead {
                if let channel = layout.channel(of: subject) { all[channel, default: QueueStatistics()].dead = number }
            }
            return all
        }
    }

    private func inHand(of channel: Channel) async throws(NATSError) -> Int {
        let subject = layout.subject(of: channel)
        let mine = state.withLock { $0.leases.count { $0.message.subject == subject } }
        do throws(NATSError) {
            let consumer = try await client.consumerState(layout.consumer(of: channel), of: layout.live)
            // Those with a note have been put off at least once: most of them wait for their time.
            let noted = try await client.streamState(notes.stream).messages
            return max(mine, consumer.unacknowledged - noted)
        } catch {
            guard error.code == .consumerNotFound else { throw error }
            return mine
        }
    }
}
