// SPDX-License-Identifier: Apache-2.0
public import ApusMessaging
internal import ApusRedis

extension RedisQueue {
    /// Keeps what a service wants, a line for each type.
    public func register(_ subscription: Subscription) async throws(MessagingError) {
        _ = try await run(
            QueueScript.register, "register",
            [
                .string(subscription.service), .string(subscription.types.sorted().joined(separator: "\n")),
                .string(Channel.unrouted.name),
            ])
        wakers.wake([.unrouted])
    }

    public func subscriptions() async throws(MessagingError) -> [Subscription] {
        let reply: RedisValue
        do throws(RedisError) {
            reply = try await redis.command("HGETALL", .string("\(tag)subscriptions"))
        } catch {
            throw MessagingError(error)
        }
        let words = (reply.array ?? []).compactMap(\.string)
        return stride(from: 0, to: words.count - 1, by: 2).map { index in
            Subscription(
                service: words[index], types: Set(words[index + 1].split(separator: "\n").map(String.init)))
        }
    }
}
