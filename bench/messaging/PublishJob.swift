// SPDX-License-Identifier: Apache-2.0
import ApusMessaging

/// Messages published in batches by several publishers at once; nobody takes them.
struct PublishJob {
    private let queue: MessageQueue
    private let publishers: Int
    private let batch: Int
    private let count = Count()

    init(_ backend: Backend, publishers: Int, batch: Int) {
        queue = MessageQueue(store: backend.store, observer: count)
        self.publishers = publishers
        self.batch = batch
    }

    func run(seconds: Int) async throws {
        let work = Task { [queue, publishers, batch, count] in
            try await withThrowingTaskGroup { group in
                for publisher in 0..<publishers {
                    group.addTask {
                        var number = publisher
                        while !Task.isCancelled {
                            let messages = try (0..<batch).map { _ in
                                number += publishers
                                return try queue.message(Order(number), as: Order.type)
                            }
                            try await queue.publish(all: messages, isRemembered: false)
                            count.add(batch)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        let (start, end) = try await count.measure(seconds: seconds)
        work.cancel()
        Main.report("publishes_per_second", end.perSecond(since: start))
        Main.report("cpu_us_per_publish", end.cost(since: start))
        // What the cancellation met says nothing.
        _ = await work.result
    }
}
