// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience

/// Callers that call a peer as often as they like, through a ``GradientLimit``. The peer has workers and a queue in front
/// of them; with workers enough it is one whose latency doesn't depend on the load.
struct LimitedPeer {
    private enum Event {
        case arrival
        case end(Int)
    }

    private struct Call {
        var start: Instant
        var inFlight: Int
    }

    var rate: Double
    var workers: Int
    /// How long a call takes a worker; spread by chance from half to one and a half of it.
    var service: Duration
    /// Calls that would take longer are given up by the caller, and worked on nonetheless.
    var timeout = Duration.seconds(60)
    private(set) var limit: GradientLimit
    private(set) var now = Instant(nanoseconds: 1_000_000_000_000)
    private(set) var ended = 0
    private(set) var latencies = 0.0
    private(set) var rejected = 0
    private(set) var lowestLimit = Int.max
    private(set) var highestLimit = 0
    /// How many calls ended while the limit left workers idle.
    private(set) var endedIdle = 0

    private var random: FastRandom
    private var events = EventQueue<Event>()
    private var calls: [Int: Call] = [:]
    private var queue: [Int] = []
    private var head = 0
    private var busy = 0
    private var nextCall = 0

    init(
        rate: Double, workers: Int, service: Duration, seed: UInt64,
        _ change: (inout AdaptiveConcurrencyConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = AdaptiveConcurrencyConfiguration()
        change(&configuration)
        limit = try GradientLimit(configuration)
        self.rate = rate
        self.workers = workers
        self.service = service
        random = FastRandom(seed: seed)
        events.add(.arrival, at: now)
    }

    /// Forgets what was counted, and lets time pass.
    mutating func run(for duration: Duration) {
        ended = 0
        latencies = 0
        rejected = 0
        lowestLimit = limit.limit
        highestLimit = limit.limit
        endedIdle = 0
        let end = now.advanced(by: duration)
        while now < end, let (time, event) = events.next() {
            now = time
            switch event {
            case .arrival: arrive()
            case .end(let number): finish(number)
            }
            while busy < workers, head < queue.count { begin() }
        }
    }

    /// Calls ended per second in the last run of that length.
    func throughput(over duration: Duration) -> Double { Double(ended) / duration.seconds }

    /// The mean latency of the last run, in milliseconds.
    var meanLatency: Double { ended > 0 ? latencies / Double(ended) * 1_000 : 0 }

    private mutating func arrive() {
        events.add(.arrival, at: now.advanced(by: random.gap(rate: rate)))
        guard calls.count < limit.limit else {
            rejected += 1
            return
        }
        nextCall += 1
        calls[nextCall] = Call(start: now, inFlight: calls.count + 1)
        queue.append(nextCall)
    }

    private mutating func begin() {
        let number = queue[head]
        head += 1
        if head > 4_096 {
            queue.removeFirst(head)
            head = 0
        }
        busy += 1
        events.add(.end(number), at: now.advanced(by: service * (0.5 + random.unit())))
    }

    private mutating func finish(_ number: Int) {
        busy -= 1
        guard let call = calls.removeValue(forKey: number) else { return }
        let latency = call.start.duration(to: now)
        let isLate = latency > timeout
        if !isLate {
            ended += 1
            latencies += latency.seconds
        }
        _ = limit.record(
            latency: min(latency, timeout), inFlight: call.inFlight, isLate ? .dropped : .answered, now: now)
        lowestLimit = min(lowestLimit, limit.limit)
        highestLimit = max(highestLimit, limit.limit)
        if limit.limit < workers { endedIdle += 1 }
    }
}
