// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import Synchronization

extension ConnectionPool {
    typealias Effect = @Sendable () -> Void

    /// Tells the state something under the lock, then does outside of it what the state asks for.
    func handle(_ event: (inout Guarded, Instant, inout [PoolAction]) -> Effect?) {
        let now = time.now
        var actions: [PoolAction] = []
        var effects: [Effect] = []
        guarded.withLock { guarded in
            if let effect = event(&guarded, now, &actions) { effects.append(effect) }
            guard !actions.isEmpty || !guarded.waiting.isEmpty || guarded.wakeAt == .distantFuture else { return }
            for action in actions {
                if let effect = effect(of: action, in: &guarded) { effects.append(effect) }
            }
            if let effect = scheduleTick(now, in: &guarded) { effects.append(effect) }
            if guarded.state.isClosed, guarded.connections.isEmpty, !guarded.closing.isEmpty {
                let closing = guarded.closing
                guarded.closing = []
                effects.append { for continuation in closing { continuation.resume() } }
            }
        }
        for effect in effects { effect() }
    }

    /// The same for events that have no effect of their own.
    func perform(_ event: (inout Guarded, Instant, inout [PoolAction]) -> Void) {
        handle { guarded, now, actions in
            event(&guarded, now, &actions)
            return nil
        }
    }

    /// Time has passed.
    ///
    /// - Parameter scheduled: for when this call was scheduled, if it was.
    func tick(scheduled: Instant? = nil) {
        perform { guarded, now, actions in
            if scheduled == guarded.wakeAt { guarded.wakeAt = .distantFuture }
            guarded.state.tick(now: now, actions: &actions)
        }
    }

    private func effect(of action: PoolAction, in guarded: inout Guarded) -> Effect? {
        switch action {
        case .dial(let id):
            return { Task { await self.open(id) } }
        case .close(let id):
            guard let connection = guarded.connections.remove(id) else { return nil }
            return { connection.close() }
        case .reset(let id):
            guard let connection = guarded.connections[id] else { return nil }
            return { Task { await self.reset(connection, id) } }
        case .serve(let waiter, let lease):
            return tell(waiter, answer(to: lease, in: guarded), in: &guarded)
        case .refuse(let waiter, let refusal):
            return tell(waiter, .failure(error(for: refusal, in: guarded)), in: &guarded)
        case .leaked(let place, let held):
            return { self.report(.leaked(place, held: held)) }
        }
    }

    private func open(_ id: ConnectionID) async {
        let result = await dial()
        var failure: DatabaseError?
        perform { guarded, now, actions in
            switch result {
            case .success(let connection):
                guarded.connections.insert(connection, as: id)
                guarded.state.dialSucceeded(id, now: now, actions: &actions)
            case .failure(let reason):
                guarded.lastDialError = reason.error
                failure = reason.error
                guarded.state.dialFailed(id, isPermanent: reason.isPermanent, now: now, actions: &actions)
            }
        }
        if let failure { report(.dialFailed(failure)) }
    }

    private func reset(_ connection: any PooledConnection, _ id: ConnectionID) async {
        let succeeded = await connection.reset(until: time.now.advanced(by: configuration.validationTimeout))
        perform { guarded, now, actions in
            guarded.state.resetFinished(id, succeeded: succeeded, now: now, actions: &actions)
        }
    }

    /// Sees to it that someone ticks in time. One that was scheduled for later is left to wake for nothing.
    private func scheduleTick(_ now: Instant, in guarded: inout Guarded) -> Effect? {
        guard let next = guarded.state.nextTick(now: now), next < guarded.wakeAt else { return nil }
        guarded.wakeAt = next
        let pause = max(.zero, now.duration(to: next))
        return { [weak self, sleep] in
            Task {
                do { try await sleep(pause) } catch { return }
                self?.tick(scheduled: next)
            }
        }
    }
}
