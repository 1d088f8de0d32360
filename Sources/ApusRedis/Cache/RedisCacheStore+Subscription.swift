// SPDX-License-Identifier: Apache-2.0
public import ApusCache
import ApusCore

extension RedisCacheStore {
    /// Calls `receive` with each message of any instance, this one included; subscribes again after a loss by itself.
    public func subscribe(_ receive: @escaping @Sendable (CacheStoreEvent) -> Void) -> CacheSubscription {
        let (client, channel) = (client, channel)
        let task = Task {
            while !Task.isCancelled {
                do throws(RedisError) {
                    let subscription = try await client.subscribe(to: [channel])
                    receive(.connected)
                    for await event in subscription { receive(CacheStoreEvent(event)) }
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
        return CacheSubscription { task.cancel() }
    }
}

extension CacheStoreEvent {
    init(_ event: RedisEvent) {
        switch event {
        case .message(let message): self = .message(String(decoding: message.payload, as: UTF8.self))
        case .gap(.disconnected): self = .disconnected
        // After an overflow messages come as after a new connection: those before may be lost.
        case .gap: self = .connected
        }
    }
}
