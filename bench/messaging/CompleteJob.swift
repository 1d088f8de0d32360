// SPDX-License-Identifier: Apache-2.0
import ApusMessaging

/// Complete jobs: published one by one by many tasks, claimed, handled by a handler that does nothing, and settled.
struct CompleteJob {
    private let backend: Backend
    private let queue: MessageQueue
    private let publishers: Int
    private let handlers: Int
    private let places: Places
    private let count: Count

    init(_ backend: Backend, publishers: Int, handlers: Int, backlog: Int) {
        let places = Places(backlog)
        count = Count { places.giveBack() }
        queue = MessageQueue(store: backend.store, observer: count)
        self.backend = backend
        self.publishers = publishers
        self.handlers = handlers
        self.places = places
    }

    func run(seconds: Int) async throws {
        try queue.subscribe(Order.type) { _, _ in }
        let worker = try backend.work(queue, handlers: handlers)
        let publishing = Task { [queue, publishers, places] in
            try await withThrowingTaskGroup { group in
                for publisher in 0..<publishers {
                    group.addTask {
                        var number = publisher
                        while !Task.isCancelled {
                            await places.take()
                            try await queue.publish(Order(number), as: Order.type)
                            number += publishers
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        let (start, end) = try await count.measure(seconds: seconds)
        publishing.cancel()
        Main.report("jobs_per_second", end.perSecond(since: start))
        Main.report("cpu_us_per_job", end.cost(since: start))
        _ = await publishing.result
        worker.cancel()
        try await worker.value
    }
}
