// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
public import ApusMessaging
internal import Synchronization

extension JetStreamQueue {
    /// While nothing is there a pull waits at the server, for this process and channel: no polling, and a message from
    /// anywhere wakes at once, as does one whose delay or lease is over.
    public func wake(on channel: Channel, _ wake: @escaping @Sendable () -> Void) -> UInt64 {
        let id = wakers.add(channel, wake)
        state.withLock { state in
            state.channelOfWaker[id] = channel
            state.lines[channel, default: ChannelLine()].wakers += 1
        }
        return id
    }

    public func stopWaking(_ id: UInt64) {
        wakers.remove(id)
        let (listener, arrivals) = state.withLock { state -> (Task<Void, Never>?, [ChannelLine.Arrival]) in
            guard let channel = state.channelOfWaker.removeValue(forKey: id), var line = state.lines[channel] else {
                return (nil, [])
            }
            line.wakers -= 1
            defer { state.lines[channel] = line }
            guard line.wakers == 0 else { return (nil, []) }
            defer {
                line.listener = nil
                line.arrivals = []
            }
            return (line.listener, line.arrivals)
        }
        listener?.cancel()
        giveBack(arrivals)
    }

    /// Nil always: the server tells when a message is due, and whoever waits is woken.
    public func nextDue(in channel: Channel) async throws(MessagingError) -> Duration? { nil }

    /// Waits at the server, unless someone does already or nobody is to be woken.
    func listen(to channel: Channel) {
        state.withLock { state in
            guard var line = state.lines[channel], line.wakers > 0, line.listener == nil, line.arrivals.isEmpty,
                let lease = line.lease
            else { return }
            line.generation += 1
            let generation = line.generation
            line.listener = Task { [weak self, client, layout] in
                // A message that comes may have been in hand since the wait began: so it isn't longer than a third of
                // the lease.
                let wait = lease / 3
                var message: PulledMessage?
                var began = client.time.now
                do throws(NATSError) {
                    while message == nil, !Task.isCancelled {
                        began = client.time.now
                        message = try await client.next(
                            from: layout.consumer(of: channel), of: layout.live, waiting: wait)
                    }
                } catch {
                    _ = self?.noted(error)
                    do {
                        // Not at once: what is wrong may be wrong for long.
                        try await client.time.sleep(for: .seconds(1))
                    } catch {
                        // Nobody is to be woken any more.
                    }
                }
                self?.arrived(message.map { .init(message: $0, began: began) }, channel, generation)
            }
            state.lines[channel] = line
        }
    }

    private func arrived(_ arrival: ChannelLine.Arrival?, _ channel: Channel, _ generation: Int) {
        let isWanted = state.withLock { state -> Bool in
            guard var line = state.lines[channel], line.generation == generation, line.listener != nil else {
                return false
            }
            line.listener = nil
            if let arrival { line.arrivals.append(arrival) }
            state.lines[channel] = line
            return true
        }
        // Without a message something is wrong, and who claims finds out what.
        if isWanted { wakers.wake([channel]) } else if let arrival { giveBack([arrival]) }
    }

    /// What came without being claimed, as far as enough of its lease is left.
    func takeArrivals(upTo limit: Int, _ channel: Channel, _ lease: Duration) -> [ChannelLine.Arrival] {
        let now = client.time.now
        return state.withLock { state in
            guard let arrivals = state.lines[channel]?.arrivals, !arrivals.isEmpty else { return [] }
            // Others come again by themselves: their lease may have ended, and giving them back might be taken for the
            // word of whoever has them now.
            let fresh = arrivals.filter { $0.began.duration(to: now) < lease / 2 }
            state.lines[channel]?.arrivals = Array(fresh.dropFirst(limit))
            return Array(fresh.prefix(limit))
        }
    }

    private func giveBack(_ arrivals: [ChannelLine.Arrival]) {
        guard !arrivals.isEmpty else { return }
        Task {
            do throws(NATSError) {
                let messages = arrivals.map(\.message)
                let notes = try await readNotes(messages)
                await putOff(zip(messages, notes).map { ($0, $1 ?? DeliveryNote(), .zero) })
            } catch {
                // They come again when their lease ends.
            }
        }
    }
}
