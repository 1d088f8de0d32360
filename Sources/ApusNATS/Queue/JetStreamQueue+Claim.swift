// SPDX-License-Identifier: Apache-2.0
internal import ApusContract
internal import ApusCore
public import ApusMessaging
internal import Synchronization

extension JetStreamQueue {
    /// Takes messages for at least `lease`: JetStream has one lease for each channel, the longest that was asked for.
    public func claim(
        _ limit: Int, from channel: Channel, lease: Duration
    ) async throws(MessagingError) -> [Delivery] {
        let lease = try await consumerLease(channel, lease)
        var deliveries: [Delivery] = []
        var taken = takeArrivals(upTo: limit, channel, lease)
        while true {
            let wanted = min(limit - deliveries.count - taken.count, 1_000)
            var isExhausted = false
            do throws(NATSError) {
                if wanted > 0 {
                    let began = client.time.now
                    // A consumer that was removed says nothing; this is how long it takes to find out.
                    let deadline = began.advanced(by: min(client.configuration.requestTimeout, .seconds(2)))
                    let pulled = try await client.pull(
                        wanted, from: layout.consumer(of: channel), of: layout.live, deadline: deadline)
                    isExhausted = pulled.count < wanted
                    taken += pulled.map { ChannelLine.Arrival(message: $0, began: began) }
                }
                deliveries += try await open(taken, channel, lease)
            } catch {
                // What is in hand already is handed out; the rest comes again.
                guard deliveries.isEmpty else { return deliveries }
                throw noted(error)
            }
            // What isn't due yet was put off, and there may be more behind it.
            if deliveries.count >= limit || isExhausted { break }
            taken = []
        }
        if deliveries.count < limit { listen(to: channel) }
        return deliveries
    }

    /// The lease of the channel's consumer, which is made if it isn't there.
    func consumerLease(_ channel: Channel, _ wanted: Duration) async throws(MessagingError) -> Duration {
        let wanted = max(wanted, settings.lease)
        if let known = state.withLock({ $0.isMade ? $0.lines[channel]?.lease : nil }), known >= wanted { return known }
        let lease = try await withBroker { () async throws(NATSError) in
            let consumer = layout.consumer(of: channel, lease: wanted)
            do throws(NATSError) {
                let there = try await client.consumerState(consumer.name, of: layout.live)
                if there.lease >= wanted { return there.lease }
            } catch {
                guard error.code == .consumerNotFound else { throw error }
            }
            try await client.makeConsumer(consumer, of: layout.live)
            return wanted
        }
        state.withLock { $0.lines[channel, default: ChannelLine()].lease = lease }
        return lease
    }

    /// Makes deliveries of what is due, and puts off the rest.
    private func open(
        _ taken: [ChannelLine.Arrival], _ channel: Channel, _ lease: Duration
    ) async throws(NATSError) -> [Delivery] {
        guard !taken.isEmpty else { return [] }
        let notes = try await readNotes(taken.map(\.message))
        let now = microseconds
        var deliveries: [Delivery] = []
        var early: [(PulledMessage, DeliveryNote, Duration)] = []
        var leases: [LeaseTable.Lease] = []
        for (arrival, note) in zip(taken, notes) {
            let message = arrival.message
            let due = max(
                message.message.header(Self.dueHeader).flatMap { Int64($0) } ?? 0, note?.notBefore ?? 0)
            guard due <= now else {
                early.append((message, note ?? DeliveryNote(), .microseconds(due - now)))
                continue
            }
            leases.append(.init(message: message, note: note, ends: LeaseTable.end(lease, from: arrival.began)))
            deliveries.append(
                Delivery(
                    message: read(message), channel: channel,
                    attempt: max(1, message.deliveries - (note?.uncounted ?? 0)), token: Int64(message.deliveries),
                    position: message.position))
        }
        let mine = leases
        state.withLock { state in
            for lease in mine { state.leases.insert(lease) }
        }
        if !early.isEmpty { await putOff(early) }
        return deliveries
    }

    /// Gives messages back as if they had never been delivered. Without the server they come again when their lease ends,
    /// and may count as tried.
    func putOff(_ messages: [(message: PulledMessage, note: DeliveryNote, delay: Duration)]) async {
        let noted = await client.requests(
            messages.map { message, note, _ in
                var note = note
                note.uncounted += 1
                return self.request(note, of: message)
            })
        let back = zip(messages, noted).compactMap { entry, answer -> NATSClient.Request? in
            guard case .success = answer else { return nil }
            return NATSClient.Request(
                subject: entry.message.reply,
                data: Acknowledgement.negative(after: min(entry.delay, Self.longestPause)))
        }
        _ = await client.requests(back)
    }

    /// The notes of messages that came before; nil for the others.
    func readNotes(_ messages: [PulledMessage]) async throws(NATSError) -> [DeliveryNote?] {
        var notes = [DeliveryNote?](repeating: nil, count: messages.count)
        let again = messages.indices.filter { messages[$0].deliveries > 1 }
        guard !again.isEmpty else { return notes }
        let answers = await client.requests(
            again.map { index in
                let body: JSONValue = ["last_by_subj": .string(noteSubject(of: messages[index]))]
                return NATSClient.Request(subject: "$JS.API.STREAM.MSG.GET.\(self.notes.stream)", data: body.bytes)
            })
        for (index, answer) in zip(again, answers) {
            let stored = try NATSClient.stored(try answer.get())
            notes[index] = stored.flatMap { DeliveryNote($0.data) }
        }
        return notes
    }

    /// Writes a note.
    func request(_ note: DeliveryNote, of message: PulledMessage) -> NATSClient.Request {
        NATSClient.Request(subject: noteSubject(of: message), data: note.bytes)
    }

    /// The subject of a message's note.
    func noteSubject(of message: PulledMessage) -> String { "$KV.\(layout.notes).\(message.position)" }

    /// The message; one that can't be read any more is handed on as such, and its worker keeps it as dead.
    func read(_ pulled: PulledMessage) -> Message {
        read(pulled.message.data)
    }

    func read(_ document: [UInt8]) -> Message {
        do {
            return try Message(cloudEvent: document, received: clock.date)
        } catch {
            return .unreadable(document, error, source: configuration.source, at: clock.date)
        }
    }
}
