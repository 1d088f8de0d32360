// SPDX-License-Identifier: Apache-2.0
internal import ApusContract
internal import ApusCore
public import ApusMessaging
internal import Synchronization

extension JetStreamQueue {
    public func settle(_ settled: [SettledDelivery]) async throws(MessagingError) -> [Bool] {
        let now = client.time.now
        var ends = state.withLock { state in
            settled.map { one in
                state.leases.take(one.delivery, now: now).map { Ending(one, lease: $0) }
            }
        }
        await write(&ends)
        await acknowledge(&ends)
        await withdrawCopies(of: ends)
        let failed = ends.compactMap { $0?.error }
        let (unsettled, hasNotes) = (
            ends.compactMap { $0?.error == nil ? nil : $0?.lease },
            ends.compactMap { $0.flatMap { $0.isFinal && $0.isSettled && $0.lease.note != nil ? $0.lease : nil } }
        )
        state.withLock { state in
            for lease in unsettled { state.leases.restore(lease) }
        }
        await forgetNotes(of: hasNotes.map(\.message))
        if let error = failed.first { throw noted(error) }
        return ends.map { $0?.isSettled ?? false }
    }

    /// A message on its way out of this process's hand.
    private struct Ending {
        let settled: SettledDelivery
        let lease: LeaseTable.Lease
        var isSettled = false
        var error: NATSError?
        /// The number of the copy among the dead that was written.
        var deadCopy: UInt64?

        init(_ settled: SettledDelivery, lease: LeaseTable.Lease) {
            self.settled = settled
            self.lease = lease
        }

        /// Whether it won't be delivered again.
        var isFinal: Bool {
            switch settled.settlement {
            case .done, .dead: true
            case .retry, .giveBack: false
            }
        }
    }

    /// Writes what must be there before the message leaves the hand: its note, or its copy among the dead.
    private func write(_ ends: inout [Ending?]) async {
        let indices = ends.indices.filter { index in ends[index].map { $0.settled.settlement != .done } ?? false }
        guard !indices.isEmpty else { return }
        let requests = indices.compactMap { index in ends[index].map(writing) }
        for (index, answer) in zip(indices, await client.requests(requests)) {
            do throws(NATSError) {
                let document = try NATSClient.document(try answer.get(), of: "an append")
                if case .dead? = ends[index]?.settled.settlement, document["duplicate"] != .boolean(true) {
                    ends[index]?.deadCopy = document["seq"]?.sequence
                }
            } catch {
                ends[index]?.error = error
            }
        }
    }

    private func writing(_ end: Ending) -> NATSClient.Request {
        var note = end.lease.note ?? DeliveryNote()
        note.notBefore = nil
        let now = microseconds
        switch end.settled.settlement {
        case .done: break
        case .dead(let reason, let error):
            return deadCopy(
                of: end.lease.message, in: end.settled.delivery.channel,
                DeathNote(
                    reason: reason.name, attempts: end.settled.delivery.attempt, firstError: note.firstError ?? error,
                    lastError: error, died: now))
        case .retry(let delay, let error):
            note.firstError = note.firstError ?? error
            if delay > Self.longestPause { note.notBefore = now + delay.nanoseconds / 1_000 }
        case .giveBack(let delay):
            note.uncounted += 1
            if delay > Self.longestPause { note.notBefore = now + delay.nanoseconds / 1_000 }
        }
        return request(note, of: end.lease.message)
    }

    /// Tells the consumer, as far as the lease still holds.
    private func acknowledge(_ ends: inout [Ending?]) async {
        let indices = ends.indices.filter { index in ends[index].map { $0.error == nil } ?? false }
        let requests = indices.compactMap { index in
            ends[index].map { end in
                NATSClient.Request(
                    subject: end.lease.message.reply, data: Self.acknowledgement(end.settled.settlement),
                    notAfter: end.lease.ends)
            }
        }
        for (index, answer) in zip(indices, await client.requests(requests)) {
            switch answer {
            case .success: ends[index]?.isSettled = true
            case .failure(let error):
                let isOver = ends[index].map { $0.lease.ends <= client.time.now } ?? true
                // Not sent any more: lost, and no failure of the store.
                if !(isOver && !error.mayHaveRun && error.code == .timeout) { ends[index]?.error = error }
            }
        }
    }

    /// Removes copies among the dead of messages whose lease ended before the consumer was told: those come again. Best
    /// effort: a copy that is left is one that may be dropped.
    private func withdrawCopies(of ends: [Ending?]) async {
        for case let end? in ends where !end.isSettled && end.error == nil {
            guard let copy = end.deadCopy else { continue }
            do throws(NATSError) {
                _ = try await client.removeMessage(copy, of: layout.dead)
            } catch {
                continue
            }
        }
    }

    private static func acknowledgement(_ settlement: Settlement) -> [UInt8] {
        switch settlement {
        case .done, .dead: Acknowledgement.done
        case .retry(let delay, _), .giveBack(let delay):
            Acknowledgement.negative(after: min(max(delay, .zero), longestPause))
        }
    }

    /// Best effort: a note that is left goes by its age.
    private func forgetNotes(of messages: [PulledMessage]) async {
        _ = await client.requests(
            messages.map { message in
                let body: JSONValue = ["filter": .string(noteSubject(of: message))]
                return NATSClient.Request(subject: "$JS.API.STREAM.PURGE.\(notes.stream)", data: body.bytes)
            })
    }

    /// Lets leases begin anew, each for as long as the channel's is.
    public func extend(
        _ deliveries: [Delivery], by lease: Duration
    ) async throws(MessagingError) -> [Bool] {
        guard let channel = deliveries.first?.channel else { return [] }
        let whole = try await consumerLease(channel, lease)
        let began = client.time.now
        let held = state.withLock { state in
            deliveries.map { state.leases.held($0, now: began) }
        }
        let indices = held.indices.filter { held[$0] != nil }
        let answers = await client.requests(
            indices.compactMap { index in
                held[index].map {
                    NATSClient.Request(
                        subject: $0.message.reply, data: Acknowledgement.inProgress, notAfter: $0.ends)
                }
            })
        var isHeld = [Bool](repeating: false, count: deliveries.count)
        for (index, answer) in zip(indices, answers) {
            do throws(NATSError) {
                _ = try answer.get()
                isHeld[index] = true
            } catch {
                guard error.code == .timeout, !error.mayHaveRun else { throw noted(error) }
            }
        }
        let extended = indices.filter { isHeld[$0] }
        state.withLock { state in
            for index in extended {
                state.leases.extend(deliveries[index], to: LeaseTable.end(whole, from: began))
            }
        }
        return isHeld
    }

    /// Forgets leases that ended unheard. The rest JetStream does by itself.
    public func maintain(_ channel: Channel, lease: Duration) async throws(MessagingError) {
        let now = client.time.now
        state.withLock { $0.leases.removeEnded(now: now) }
    }
}
