// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging

/// A worker without work, and how soon it handles what comes then, one message at a time.
struct IdleJob {
    private static let samples = 100
    private static let pause = Duration.milliseconds(20)
    private static let warmUp = Duration.seconds(1)

    private let backend: Backend
    private let queue: MessageQueue
    private let handlers: Int
    private let count = Count()

    init(_ backend: Backend, handlers: Int) {
        queue = MessageQueue(store: backend.store, observer: count)
        self.backend = backend
        self.handlers = handlers
    }

    func run(seconds: Int) async throws {
        let (begun, tell) = AsyncStream.makeStream(of: Instant.self)
        try queue.subscribe(Order.type) { _, _ in tell.yield(Instant.now) }
        let worker = try backend.work(queue, handlers: handlers)
        try await Task.sleep(for: Self.warmUp)
        let start = Moment(count: 0)
        try await Task.sleep(for: .seconds(seconds))
        let end = Moment(count: 0)
        let idle = Duration.microseconds(end.cpuMicroseconds - start.cpuMicroseconds)
        Main.report("idle_cpu_percent", 100 * idle.seconds / start.time.duration(to: end.time).seconds)

        var fromStored: [Duration] = []
        var fromCall: [Duration] = []
        var handled = begun.makeAsyncIterator()
        for number in 0..<Self.samples {
            try await Task.sleep(for: Self.pause)
            let called = Instant.now
            try await queue.publish(Order(number), as: Order.type)
            let stored = Instant.now
            guard let began = await handled.next() else { throw Unfit("nothing was handled") }
            fromCall.append(called.duration(to: began))
            // A handler may begin before publish returns.
            fromStored.append(max(.zero, stored.duration(to: began)))
        }
        try count.check()
        Main.report("p50_ms", median(fromStored))
        Main.report("p50_from_call_ms", median(fromCall))
        worker.cancel()
        try await worker.value
    }

    /// In milliseconds.
    private func median(_ durations: [Duration]) -> Double {
        durations.sorted()[durations.count / 2].seconds * 1000
    }
}
