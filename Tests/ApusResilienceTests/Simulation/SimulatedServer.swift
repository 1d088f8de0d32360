// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience

/// A server under an open load: requests come when they come, whatever became of those before. Workers take admitted
/// requests from one queue; a request may also wait for something else, which occupies no worker.
struct SimulatedServer {
    /// What became of the requests of one priority.
    struct Tally {
        var offered = 0
        var shed = 0
        var late = 0
        /// From arrival to end, in nanoseconds, of those that were admitted and have ended.
        var latencies: [Int64] = []

        var successRate: Double {
            latencies.isEmpty ? (offered == 0 ? 1 : 0) : Double(latencies.count) / Double(latencies.count + shed)
        }
    }

    private enum Event {
        case arrival
        case worked(Int)
        case ended(Int)
        case cpu
    }

    private struct Request {
        var priority: CallPriority
        var arrival: Instant
    }

    /// Requests per second.
    var rate: Double
    var workers: Int
    /// The mean of the work of a request; spread by chance (exponential).
    var work: Duration
    /// What a request waits for after its work.
    var wait = Duration.zero
    /// How many of a hundred requests have which priority, from sheddable to critical.
    var mix = [0, 100, 0, 0]
    /// Whether the shedder is told the use of the CPU every second.
    var tellsCPU = false
    private(set) var shedder: LoadShedderState?
    private(set) var now = Instant(nanoseconds: 1_000_000_000_000)
    private(set) var tallies = Array(repeating: Tally(), count: 4)
    private(set) var lastShed: Instant?

    private var random: FastRandom
    private var events = EventQueue<Event>()
    private var requests: [Int: Request] = [:]
    private var queue: [Int] = []
    private var head = 0
    private var busy = 0
    private var busyTime = 0.0
    private var nextRequest = 0

    init(rate: Double, workers: Int, work: Duration, seed: UInt64, shedder: LoadShedderConfiguration?) throws {
        self.rate = rate
        self.workers = workers
        self.work = work
        random = FastRandom(seed: seed)
        self.shedder = try shedder.map { try LoadShedderState($0, random: FastRandom(seed: seed &+ 1)) }
        events.add(.arrival, at: now)
        events.add(.cpu, at: now.advanced(by: .seconds(1)))
    }

    /// Forgets what was counted, and lets time pass.
    mutating func run(for duration: Duration) {
        tallies = Array(repeating: Tally(), count: 4)
        lastShed = nil
        let end = now.advanced(by: duration)
        while now < end, let (time, event) = events.next() {
            now = time
            switch event {
            case .arrival: arrive()
            case .worked(let number):
                busy -= 1
                events.add(.ended(number), at: now.advanced(by: wait))
            case .ended(let number): finish(number)
            case .cpu:
                if tellsCPU { shedder?.observe(cpu: min(1, busyTime / Double(workers)), now: now) }
                busyTime = 0
                events.add(.cpu, at: now.advanced(by: .seconds(1)))
            }
            while busy < workers, head < queue.count { begin() }
        }
    }

    var all: Tally {
        tallies.reduce(into: Tally()) { sum, tally in
            sum.offered += tally.offered
            sum.shed += tally.shed
            sum.latencies += tally.latencies
        }
    }

    subscript(_ priority: CallPriority) -> Tally { tallies[Int(priority.rawValue)] }

    private mutating func arrive() {
        events.add(.arrival, at: now.advanced(by: random.gap(rate: rate)))
        let priority = pick()
        let index = Int(priority.rawValue)
        tallies[index].offered += 1
        if case .rejected = shedder?.admit(priority, isQueued: true, now: now) {
            tallies[index].shed += 1
            lastShed = now
            return
        }
        nextRequest += 1
        requests[nextRequest] = Request(priority: priority, arrival: now)
        queue.append(nextRequest)
    }

    private mutating func pick() -> CallPriority {
        var number = Int(random.next() % 100)
        for (index, share) in mix.enumerated() {
            if number < share { return CallPriority(rawValue: UInt8(index)) ?? .normal }
            number -= share
        }
        return .normal
    }

    private mutating func begin() {
        let number = queue[head]
        head += 1
        if head > 4_096 {
            queue.removeFirst(head)
            head = 0
        }
        busy += 1
        if let request = requests[number] { shedder?.start(admitted: request.arrival, now: now) }
        let time = random.gap(rate: 1 / work.seconds)
        busyTime += time.seconds
        events.add(.worked(number), at: now.advanced(by: time))
    }

    private mutating func finish(_ number: Int) {
        shedder?.finish(now: now)
        guard let request = requests.removeValue(forKey: number) else { return }
        tallies[Int(request.priority.rawValue)].latencies.append(request.arrival.duration(to: now).nanoseconds)
    }
}

extension SimulatedServer.Tally {
    /// How long all but a hundredth took at most.
    var p99: Duration {
        let sorted = latencies.sorted()
        return sorted.isEmpty ? .zero : .nanoseconds(sorted[sorted.count * 99 / 100])
    }

    /// How many ended within `limit`, per second of `duration`.
    func goodput(within limit: Duration, over duration: Duration) -> Double {
        Double(latencies.count { $0 <= limit.nanoseconds }) / duration.seconds
    }
}
