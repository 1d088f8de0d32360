// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore
import Synchronization

// What happens to the connection, and to commands because of it. All on the loop.
extension RedisLink: RedisChannelOwner {
    func dial() {
        status.counters.dials.wrappingAdd(1, ordering: .relaxed)
        dialer.dial(on: eventLoop) { [self] result in
            switch result {
            case .success(let channel): connected(channel)
            case .failure(let error): dialFailed(error)
            }
        }
    }

    private func connected(_ channel: RedisChannel) {
        reconnect.connected(now: time.now)
        guard case .ready = reconnect.phase else {
            channel.owner = nil
            return channel.close(.closed)
        }
        self.channel = channel
        channel.owner = self
        status.became(.ready)
        sendWaiting()
    }

    private func dialFailed(_ error: RedisError) {
        status.counters.failedDials.wrappingAdd(1, ordering: .relaxed)
        let delay = reconnect.failed(error, now: time.now)
        status.became(.failed(error))
        failWaiting(error)
        if let delay { dialLater(delay) }
    }

    private func dialLater(_ delay: Duration) {
        _ = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(delay.nanoseconds)) {
            if self.reconnect.due() { self.dial() }
        }
    }

    func received(_ value: RedisValue) {
        guard let head = sent.first else {
            channel?.close(RedisError(.invalidReply, "a reply came that nobody asked for", mayHaveRun: true))
            return
        }
        if head.expectsLastReply {
            sent.removeFirst()
            free(head)
        }
        head.receive(value)
    }

    func receivedAll() {
        hadProgress = true
    }

    func closed(_ error: RedisError) {
        channel = nil
        let lost = RedisError(error.code, error.message, mayHaveRun: true)
        status.counters.lostConnections.wrappingAdd(1, ordering: .relaxed)
        status.became(.failed(lost))
        while let pending = sent.popFirst() {
            free(pending)
            pending.finish(.failure(lost))
        }
        if let delay = reconnect.lost(now: time.now) {
            dialLater(delay)
        } else {
            failWaiting(.closed)
        }
    }

    private func failWaiting(_ error: RedisError) {
        while let pending = waiting.popFirst() {
            free(pending)
            pending.finish(.failure(error))
        }
    }

    /// Ends everything.
    func shutDown() {
        reconnect.close()
        status.became(.closed)
        failInbox()
        failWaiting(.closed)
        channel?.close(RedisError(.closed, "the client was shut down before the reply came", mayHaveRun: true))
    }
}
