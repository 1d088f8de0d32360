// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import Foundation
internal import Logging
internal import Synchronization

extension QueueWorker {
    /// Tells the store what became of the message, and everyone else.
    func settle(
        _ delivery: Delivery, _ result: Result<Void, any Error>, _ ending: WorkerState.Ending?, began: Instant
    ) async {
        let settlement = settlement(of: delivery, result, ending)
        // After the lease nothing is said any more, even where nobody else has the message yet: a handler that was
        // cancelled may return without having done anything.
        let held = ending == .leaseLost ? false : await store(settlement, of: delivery)
        guard let held else { return }
        guard held else {
            observer?.observe(.leaseLost(type: delivery.message.type, channel: channel))
            logger.warning("lost the lease of a message", metadata: metadata(of: delivery))
            return
        }
        let type = delivery.message.type
        switch settlement {
        case .done:
            if configuration.pausesOnFailure { state.withLock { $0.succeeded() } }
            let duration = began.duration(to: store.clock.now)
            observer?.observe(.handled(type: type, channel: channel, duration: duration))
        case .retry(let delay, let error):
            if configuration.pausesOnFailure { pause() }
            observer?.observe(
                .retried(type: type, channel: channel, attempt: delivery.attempt, delay: delay, error: error))
            logger.warning(
                "a message failed and will be tried again",
                metadata: metadata(of: delivery, ["error": "\(error)", "delay": "\(delay)"]))
        case .giveBack:
            observer?.observe(.givenBack(type: type, channel: channel))
        case .dead(let reason, let error):
            observer?.observe(.dead(type: type, channel: channel, reason: reason, error: error))
            logger.error(
                "a message is dead", metadata: metadata(of: delivery, ["reason": "\(reason)", "error": "\(error)"]))
        }
    }

    /// Stores the settlement; nil if the store fails, after which the message will be delivered again unless it was stored.
    private func store(_ settlement: Settlement, of delivery: Delivery) async -> Bool? {
        do {
            return try await settlements.settle(delivery, settlement)
        } catch {
            // Once more for what passes quickly: the lease is still ours. If that is refused, the first may have been stored.
            do {
                return try await settlements.settle(delivery, settlement) ? true : nil
            } catch {
                noteStorageFailure(error)
                return nil
            }
        }
    }

    /// Extends leases, ends handlers that take too long, and has the store cleaned up, until cancelled.
    func beat() async {
        let interval = configuration.lease / 3
        var maintained: Instant?
        while !Task.isCancelled {
            let now = store.clock.now
            if maintained.map({ $0.duration(to: now) >= .seconds(60) }) ?? true {
                // Beside: what takes long there must cost nobody the lease.
                let begins = state.withLock { state in state.beginMaintenance { task { await self.maintain() } } }
                if begins { maintained = now }
            }
            do {
                try await store.clock.sleep(for: interval)
            } catch {
                return
            }
            await tick()
        }
    }

    private func maintain() async {
        do {
            try await store.maintain(channel, lease: configuration.lease)
        } catch {
            // Cancelled at the end: the next one goes on.
            if !Task.isCancelled { noteStorageFailure(error) }
        }
        state.withLock { $0.endMaintenance() }
    }

    private func tick() async {
        let now = store.clock.now
        // What is younger still has half of its lease at the next tick.
        let tick = state.withLock {
            $0.tick(now: now, handlerTimeout: configuration.handlerTimeout, grace: configuration.lease / 6)
        }
        for task in tick.cancel { task.cancel() }
        for delivery in tick.stuck {
            observer?.observe(.stuck(type: delivery.message.type, channel: channel))
            logger.error("a cancelled handler doesn't return", metadata: metadata(of: delivery))
        }
        guard !tick.extend.isEmpty else { return }
        await attempt { () async throws(MessagingError) in
            let held = try await store.extend(tick.extend.map(\.delivery), by: configuration.lease)
            let lost = state.withLock { state in
                zip(tick.extend, held).compactMap { entry, isHeld in
                    state.extended(entry.id, isHeld: isHeld, leaseEnds: now.advanced(by: configuration.lease))
                }
            }
            for task in lost { task.cancel() }
        }
    }

    /// Lets handlers finish, then cancels them and gives back what is left.
    func drain() async {
        let end = store.clock.now.advanced(by: configuration.drainTimeout)
        await waitForHands(until: end)
        let tasks = state.withLock { $0.endAll() }
        for task in tasks { task.cancel() }
        await waitForHands(until: store.clock.now.advanced(by: .seconds(1)))
        // What a handler that doesn't return has in hand goes back; whatever it still says is refused. What another has
        // finished and the store is slow to hear of doesn't: it would be done again.
        let left = state.withLock { $0.unreturned }
        guard !left.isEmpty else { return }
        await attempt { () async throws(MessagingError) in
            let held = try await store.settle(left.map { SettledDelivery($0, .giveBack(after: .zero)) })
            for (delivery, isHeld) in zip(left, held) where isHeld {
                observer?.observe(.givenBack(type: delivery.message.type, channel: channel))
            }
        }
    }

    private func waitForHands(until end: Instant) async {
        while inHand > 0 {
            let left = store.clock.now.duration(to: end)
            guard left > .zero else { return }
            await signal.wait(upTo: left, store.clock)
        }
    }

    private func attempt(_ work: () async throws(MessagingError) -> Void) async {
        do {
            try await work()
        } catch {
            noteStorageFailure(error)
        }
    }

    private func metadata(of delivery: Delivery, _ more: Logger.Metadata = [:]) -> Logger.Metadata {
        let metadata: Logger.Metadata = [
            "channel": "\(channel)", "type": "\(delivery.message.type)", "message": "\(delivery.message.id)",
            "attempt": "\(delivery.attempt)",
        ]
        return metadata.merging(more) { $1 }
    }
}
