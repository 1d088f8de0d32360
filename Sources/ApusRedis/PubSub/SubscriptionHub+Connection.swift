// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore
import Synchronization

// What is said on the connection. All on the loop.
extension SubscriptionHub: RedisChannelOwner {
    func dial() {
        counters.dials.wrappingAdd(1, ordering: .relaxed)
        dialer.dial(on: eventLoop) { [self] result in
            switch result {
            case .success(let channel): connected(channel)
            case .failure(let error):
                counters.failedDials.wrappingAdd(1, ordering: .relaxed)
                let delay = reconnect.failed(error, now: time.now)
                failAll(error)
                if let delay { dialLater(delay) }
            }
        }
    }

    private func dialLater(_ delay: Duration) {
        _ = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(delay.nanoseconds)) {
            if self.reconnect.due() { self.dial() }
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
        isAlive = true
        subscribe(table.targets)
        let pause = TimeAmount.nanoseconds(dialer.configuration.heartbeat.nanoseconds)
        heartbeat = eventLoop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in
            self.beat()
        }
    }

    /// Asks for a sign of life, or ends a connection that gave none since the last time.
    private func beat() {
        guard isAlive else {
            channel?.close(RedisError(.connectionLost, "Redis gave no sign of life", mayHaveRun: true))
            return
        }
        isAlive = false
        send([(RedisCommand("PING"), .pong)])
    }

    func subscribe(_ targets: [SubscriptionTable.Target]) {
        guard channel != nil else { return }
        send(
            targets.map { target in
                table.asked(for: target)
                return (Self.command("SUBSCRIBE", target), .subscribe(target))
            })
    }

    func unsubscribe(_ targets: [SubscriptionTable.Target]) {
        send(targets.map { (Self.command("UNSUBSCRIBE", $0), .unsubscribe) })
    }

    private static func command(_ name: String, _ target: SubscriptionTable.Target) -> RedisCommand {
        if case .pattern = target { return RedisCommand("P" + name, [.string(target.name)]) }
        return RedisCommand(name, [.string(target.name)])
    }

    private func send(_ commands: [(RedisCommand, Expected)]) {
        guard let channel, !commands.isEmpty else { return }
        var buffer = ByteBufferAllocator().buffer(capacity: commands.reduce(0) { $0 + $1.0.size })
        for (command, answer) in commands {
            command.write(to: &buffer)
            expected.append(answer)
        }
        channel.send(buffer)
    }

    func received(_ value: RedisValue) {
        isAlive = true
        if case .array(let parts) = value, let kind = parts.first?.string {
            switch (kind, parts.count) {
            case ("message", 3):
                deliver(.channel(parts[1].string ?? ""), channel: parts[1], payload: parts[2])
                return
            case ("pmessage", 4):
                deliver(.pattern(parts[1].string ?? ""), channel: parts[2], payload: parts[3])
                return
            default: break
            }
        }
        guard let answer = expected.popFirst() else {
            channel?.close(RedisError(.invalidReply, "a reply came that nobody asked for", mayHaveRun: true))
            return
        }
        guard case .subscribe(let target) = answer else { return }
        if case .error(let error) = value {
            for id in table.listeners(of: target) { fail(id, .server(error)) }
            return
        }
        for notice in table.confirmed(target) {
            switch notice {
            case .began(let id): succeed(id)
            case .resumed(let id): queues[id]?.push(.gap(.resubscribed))
            }
        }
    }

    private func deliver(_ target: SubscriptionTable.Target, channel: RedisValue, payload: RedisValue) {
        guard let name = channel.string, let bytes = payload.bytes else { return }
        let event = RedisEvent.message(RedisMessage(channel: name, payload: bytes))
        for id in table.listeners(of: target) { queues[id]?.push(event) }
    }

    func receivedAll() {}

    func closed(_ error: RedisError) {
        channel = nil
        expected.removeAll()
        heartbeat?.cancel()
        heartbeat = nil
        counters.lostConnections.wrappingAdd(1, ordering: .relaxed)
        for id in table.lost() { queues[id]?.push(.gap(.disconnected)) }
        if let delay = reconnect.lost(now: time.now) { dialLater(delay) }
    }
}
