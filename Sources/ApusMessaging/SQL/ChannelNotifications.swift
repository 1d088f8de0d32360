// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusSQL
internal import Synchronization

/// Tells the other processes of a database in which channels something is new, and hears it of them.
///
/// Best effort: a worker looks by itself at its poll interval. What is sent is gathered for 10 ms, so that many publishers
/// cost the database no more than a hundred notifications a second.
final class ChannelNotifications: Sendable {
    static let topic = "apus_queue"

    private struct State {
        var waiting: Set<Channel> = []
        var isSending = false
        var listening: (any DatabaseListening)?
        var listeners = 0
    }

    private let database: any NotifyingDatabase
    private let wakers: WakerTable
    /// Marks what this process sends, which it needn't hear.
    private let origin: String
    private let state = Mutex(State())

    init(_ database: any NotifyingDatabase, wakers: WakerTable) {
        self.database = database
        self.wakers = wakers
        var random = FastRandom()
        origin = Message.newID(using: &random)
    }

    /// Listens while somebody wants to be woken.
    func addListener() {
        let begins = state.withLock { state in
            state.listeners += 1
            return state.listeners == 1
        }
        guard begins else { return }
        let (wakers, origin) = (wakers, origin)
        do {
            let listening = try database.listen(to: Self.topic) { payload in
                guard let payload else { return wakers.wakeAll() }
                let parts = payload.split(separator: " ", maxSplits: 1)
                if parts.count == 2, parts[0] != origin { wakers.wake([Channel(String(parts[1]))]) }
            }
            let isWanted = state.withLock { state in
                guard state.listeners > 0, state.listening == nil else { return false }
                state.listening = listening
                return true
            }
            if !isWanted { listening.stop() }
        } catch {
            // Without it the worker still looks by itself.
            state.withLock { $0.listening = nil }
        }
    }

    func removeListener() {
        let listening = state.withLock { state in
            state.listeners -= 1
            guard state.listeners == 0 else { return nil as (any DatabaseListening)? }
            defer { state.listening = nil }
            return state.listening
        }
        listening?.stop()
    }

    /// Tells of `channels`, soon.
    func send(_ channels: Set<Channel>) {
        let begins = state.withLock { state in
            state.waiting.formUnion(channels)
            defer { state.isSending = true }
            return !state.isSending
        }
        // Without the caller's deadline and trace: it works for all.
        if begins { Task.detached { await self.work() } }
    }

    private func work() async {
        while let channels = next() {
            for channel in channels {
                do {
                    try await database.notify(Self.topic, "\(origin) \(channel.name)")
                } catch {
                    // The workers of other processes come at their poll interval.
                    continue
                }
            }
            do {
                try await Task.sleep(for: .milliseconds(10))
            } catch {
                return
            }
        }
    }

    private func next() -> Set<Channel>? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isSending = false
                return nil
            }
            defer { state.waiting = [] }
            return state.waiting
        }
    }
}
