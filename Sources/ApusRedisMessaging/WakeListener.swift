// SPDX-License-Identifier: Apache-2.0
internal import ApusMessaging
internal import ApusRedis
internal import Synchronization

/// Hears from other processes that something came into a channel, and wakes those who wait for it here.
///
/// Subscribes to a channel while somebody waits for it, and again after a loss of the connection by itself. Whatever may
/// have been missed wakes too.
final class WakeListener: Sendable {
    private struct Listening {
        var ids: Set<UInt64>
        let task: Task<Void, Never>
    }

    private let redis: RedisClient
    private let wakers: WakerTable
    private let name: String
    private let state = Mutex<[Channel: Listening]>([:])

    /// - Parameter name: whose messages are this process' own, which has woken those who wait already.
    init(_ redis: RedisClient, _ wakers: WakerTable, name: String) {
        self.redis = redis
        self.wakers = wakers
        self.name = name
    }

    deinit {
        for listening in state.withLock({ Array($0.values) }) { listening.task.cancel() }
    }

    /// Listens for one who waits for `channel`.
    func begin(_ id: UInt64, _ channel: Channel, subscription: String) {
        state.withLock { state in
            guard state[channel] == nil else {
                state[channel]?.ids.insert(id)
                return
            }
            let (redis, wakers, name) = (redis, wakers, Array(name.utf8))
            let task = Task.detached { await Self.listen(redis, subscription, name) { wakers.wake([channel]) } }
            state[channel] = Listening(ids: [id], task: task)
        }
    }

    /// One waits no more.
    func end(_ id: UInt64) {
        let task = state.withLock { state -> Task<Void, Never>? in
            guard let channel = state.first(where: { $0.value.ids.contains(id) })?.key else { return nil }
            state[channel]?.ids.remove(id)
            guard state[channel]?.ids.isEmpty == true else { return nil }
            return state.removeValue(forKey: channel)?.task
        }
        task?.cancel()
    }

    private static func listen(
        _ redis: RedisClient, _ subscription: String, _ name: [UInt8], _ wake: () -> Void
    ) async {
        while !Task.isCancelled {
            do throws(RedisError) {
                let events = try await redis.subscribe(to: [subscription])
                wake()
                for await event in events {
                    switch event {
                    case .message(let message) where message.payload == name: continue
                    case .gap(.disconnected): continue
                    default: wake()
                    }
                }
                // It has ended: the client is shut down, or this task is cancelled.
                return
            } catch {
                guard error.code != .closed, error.code != .cancelled else { return }
            }
            do {
                try await Task.sleep(for: .milliseconds(500))
            } catch {
                return
            }
        }
    }
}
