// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import ApusRuntime
import ApusSQL
import Logging
import ServiceLifecycle

/// Looks after a service's queues once a minute: has inboxes forget what can't come again, and reports channels that hold
/// messages nobody works on, such as those for a service that isn't among the subscribers any more, and a broker whose
/// settings lose messages.
struct QueueKeeper: Service {
    /// Longer than a message may come late: relayed for seven days, and dead for as long as the store keeps those.
    private static let lateness = Duration.seconds(8 * 86_400)
    private static let interval = Duration.seconds(60)

    let outbox: MessageQueue
    /// The channels of the outbox that somebody works on.
    let worked: Set<Channel>
    let database: any Database
    let broker: (any MessageBroker)?
    let logger: Logger
    var time = TimeSource.system

    /// Works until graceful shutdown or cancellation.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            var reported: Set<String> = []
            while !Task.isCancelled {
                let problems = await self.problems()
                for problem in problems.subtracting(reported).sorted() { self.logger.error("\(problem)") }
                reported = problems
                await self.forget()
                // Cancelled at the end.
                do { try await self.time.sleep(for: Self.interval) } catch { return }
            }
        }
    }

    /// What is amiss now, a sentence each. What can't be asked isn't known: whoever works on it reports that.
    func problems() async -> Set<String> {
        var problems: Set<String> = []
        do {
            for (channel, statistics) in try await outbox.statistics() where !worked.contains(channel) {
                guard statistics.waiting + statistics.inHand > 0 else { continue }
                problems.insert("messages wait in the channel \(channel), on which nobody works here any more")
            }
            for problem in try await Broker.problems(of: broker) { problems.insert("the broker's \(problem)") }
        } catch {
            logger.debug("the queues can't be looked at", metadata: ["error": "\(error)"])
        }
        return problems
    }

    private func forget() async {
        do {
            let age = outbox.configuration.deadRetention + Self.lateness
            while try await Inbox.forget(olderThan: age, in: database, clock: outbox.clock) >= 10_000 {}
        } catch {
            guard !Task.isCancelled else { return }
            logger.warning("what came long ago could not be forgotten", metadata: ["error": "\(error)"])
        }
    }
}
