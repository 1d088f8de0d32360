// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging

/// Queues many messages, then drains them: each is handled once, and the process stays small.
struct SoakJob {
    private static let interval = Duration.seconds(2)
    /// Without any progress for so long it has failed.
    private static let patience = Duration.seconds(60)

    private let backend: Backend
    private let queue: MessageQueue
    private let messages: Int
    private let publishers: Int
    private let batch: Int
    private let handlers: Int
    private let maximumRSSMiB: Int
    private let count = Count()

    init(_ backend: Backend, messages: Int, publishers: Int, batch: Int, handlers: Int, maximumRSSMiB: Int) {
        queue = MessageQueue(store: backend.store, observer: count)
        self.backend = backend
        self.messages = messages
        self.publishers = publishers
        self.batch = batch
        self.handlers = handlers
        self.maximumRSSMiB = maximumRSSMiB
    }

    func run() async throws {
        let before = try await depth()
        guard before == 0 else { throw Unfit("the queue holds \(before) messages already") }
        let queued = Count()
        let queueing = Task { try await publish(queued) }
        try await follow("queued", queued)
        try await queueing.value
        guard try await depth() == messages else { throw Unfit("\(try await depth()) of \(messages) are in the queue") }

        let handled = HandledOnce(messages)
        try queue.subscribe(Order.type) { order, _ in handled.note(order.orderID) }
        let worker = try backend.work(queue, handlers: handlers)
        try await follow("handled", count)
        worker.cancel()
        try await worker.value
        try count.check()
        try handled.check()
        let left = try await queue.store.statistics().values.reduce(0) { $0 + $1.depth + $1.dead }
        guard left == 0 else { throw Unfit("\(left) messages are left in the queue") }
        let peak = try Memory.peakMiB()
        Main.report("peak_rss_mib", peak)
        guard maximumRSSMiB == 0 || peak <= Double(maximumRSSMiB) else {
            throw Unfit("the process held \(Int(peak)) MiB at most, more than \(maximumRSSMiB)")
        }
    }

    private func publish(_ queued: Count) async throws {
        try await withThrowingTaskGroup { group in
            for publisher in 0..<publishers {
                group.addTask {
                    var next = publisher * batch
                    while next < messages {
                        let numbers = next..<min(messages, next + batch)
                        let orders = try numbers.map { try queue.message(Order($0), as: Order.type) }
                        try await queue.publish(all: orders, isRemembered: false)
                        queued.add(numbers.count)
                        next += publishers * batch
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Says how far it is until all messages are counted, then how fast that was.
    private func follow(_ what: String, _ count: Count) async throws {
        let start = Moment(count: count.value)
        var last = start
        while count.value < messages {
            try await Task.sleep(for: Self.interval)
            try count.check()
            let now = Moment(count: count.value)
            Main.say(
                "\(what) \(now.count) of \(messages), \(Int(now.perSecond(since: last))) a second, "
                    + "\(Int(try Memory.residentMiB())) MiB")
            if now.count > last.count {
                last = now
            } else if last.time.duration(to: now.time) > Self.patience {
                throw Unfit("\(what) \(now.count) of \(messages), and no more for \(Self.patience)")
            }
        }
        Main.report("\(what)_per_second", Moment(count: count.value).perSecond(since: start))
    }

    private func depth() async throws -> Int {
        try await queue.store.statistics().values.reduce(0) { $0 + $1.depth }
    }
}
