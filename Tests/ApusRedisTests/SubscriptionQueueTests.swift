// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ApusRedis

@Suite("What waits for a slow subscriber")
struct SubscriptionQueueTests {
    private let message = RedisEvent.message(RedisMessage(channel: "c", payload: []))

    /// What a queue of two holds after `events`.
    private func left(after events: [RedisEvent]) async -> [RedisEvent] {
        let queue = SubscriptionQueue(capacity: 2, counters: RedisCounters())
        for event in events { queue.push(event) }
        // Taken one by one: an ended queue still gives what waits.
        queue.end()
        var left: [RedisEvent] = []
        while let event = await queue.next() { left.append(event) }
        return left
    }

    @Test("that the connection is lost is told also when there is no room for messages")
    func disconnected() async {
        let full = [message, message]
        #expect(await left(after: full + [.gap(.disconnected)]) == full + [.gap(.disconnected)])
        #expect(
            await left(after: full + [message, message, .gap(.disconnected)])
                == full + [.gap(.overflow(2)), .gap(.disconnected)])
        #expect(
            await left(after: full + [message, .gap(.disconnected), .gap(.resubscribed), message])
                == full + [.gap(.overflow(2)), .gap(.disconnected), .gap(.resubscribed)])
    }

    @Test("a connection that comes and goes while nobody reads takes no more room each time")
    func flapping() async {
        var events = [message, message]
        for _ in 0..<100 { events += [.gap(.disconnected), .gap(.resubscribed), message] }
        let up = await left(after: events)
        #expect(up.count <= 8 && up.last != .gap(.disconnected), "\(up)")
        let down = await left(after: events + [.gap(.disconnected)])
        #expect(down.count <= 8 && down.last == .gap(.disconnected), "\(down)")
    }
}
