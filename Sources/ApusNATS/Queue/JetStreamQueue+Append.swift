// SPDX-License-Identifier: Apache-2.0
internal import ApusContract
internal import ApusCore
public import ApusMessaging

extension JetStreamQueue {
    /// Holds when a message is due, in microseconds since 1970.
    static let dueHeader = "Apus-Due"

    /// Stores entries in this order. If some can't be stored, others may be: the same again isn't stored twice, within the
    /// deduplication window, if it is remembered.
    @discardableResult
    public func append(_ entries: [QueueEntry]) async throws(MessagingError) -> [PublishResult] {
        for entry in entries {
            guard entry.message.orderingKey == nil, entry.uniqueKey == nil else {
                throw MessagingError(.misuse, "a queue in NATS has neither ordering keys nor unique keys")
            }
        }
        let requests = entries.map(request)
        let answers = try await withBroker { () async throws(NATSError) in await client.requests(requests) }
        var results: [PublishResult] = []
        results.reserveCapacity(entries.count)
        for (entry, answer) in zip(entries, answers) {
            do throws(NATSError) {
                let document = try NATSClient.document(try answer.get(), of: "an append")
                results.append(document["duplicate"] == .boolean(true) ? .duplicate : .stored)
            } catch {
                guard error.code == .full else { throw noted(error) }
                throw MessagingError(
                    .overloaded, "channel \(entry.channel) of the queue holds its \(configuration.capacity) messages",
                    retryAfter: .seconds(1))
            }
        }
        return results
    }

    private func request(_ entry: QueueEntry) -> NATSClient.Request {
        var headers: [NATSHeader] = []
        if entry.isRemembered, configuration.deduplicationWindow > .zero {
            headers.append(NATSHeader("Nats-Msg-Id", Self.id(of: entry)))
        }
        if entry.delay > .zero {
            headers.append(NATSHeader(Self.dueHeader, "\(microseconds + entry.delay.nanoseconds / 1_000)"))
        }
        return NATSClient.Request(subject: layout.subject(of: entry.channel), headers: headers, data: entry.document)
    }

    /// What JetStream knows the message by: channel, source and id, since one message goes to several channels. One that is
    /// very long stands there by 128 bits of it.
    static func id(of entry: QueueEntry) -> String {
        let id = [entry.channel.name, entry.message.source, entry.message.id].map(Subject.token).joined(separator: ".")
        guard id.utf8.count > 400 else { return id }
        return "\(Subject.token(entry.channel.name)).\(Hex.string(XXHash64.hash(id), XXHash64.hash(id, seed: 1)))"
    }
}
