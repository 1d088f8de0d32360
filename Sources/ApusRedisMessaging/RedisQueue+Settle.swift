// SPDX-License-Identifier: Apache-2.0
public import ApusMessaging
internal import ApusRedis

extension RedisQueue {
    public func settle(_ settled: [SettledDelivery]) async throws(MessagingError) -> [Bool] {
        guard let channel = settled.first?.delivery.channel else { return [] }
        let now = clock.microseconds
        let window = configuration.deduplicationWindow
        var words: [RedisArgument] = [
            .string(channel.name), window > .zero ? .integer(now + window.microseconds) : .string(""),
            .integer(now + configuration.deadRetention.microseconds), .integer(Int64(configuration.deadCapacity)),
            .integer(Int64(settled.count)),
        ]
        for one in settled { words += Self.words(one, now) }
        let held = try held(try await run(QueueScript.settle, "settle", words), settled.count)
        // Others of this process may take what is free now.
        let mayBeFree = settled.contains { $0.settlement != .done || $0.delivery.message.orderingKey != nil }
        if mayBeFree { wakers.wake([channel]) }
        return held
    }

    private static func words(_ settled: SettledDelivery, _ now: Int64) -> [RedisArgument] {
        let delivery = settled.delivery
        let words =
            EntryPosition(delivery.position).words + [
                .integer(delivery.token), .string(delivery.message.identity),
                .string(delivery.message.orderingKey ?? ""),
            ]
        return switch settled.settlement {
        case .done: ["d"] + words
        case .retry(let delay, let error): ["r"] + words + [.integer(now + max(0, delay.microseconds)), .string(error)]
        case .giveBack(let delay): ["b"] + words + [.integer(now + max(0, delay.microseconds))]
        case .dead(let reason, let error): ["x"] + words + [.string(reason.name), .string(error)]
        }
    }
}
