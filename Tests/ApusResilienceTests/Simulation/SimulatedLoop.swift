// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience

/// An event loop that answers requests one after the other, each without a pause: they wait in the sockets, where nobody
/// sees them, and no two are ever in flight. The shedder sees the lag of a timer, and with `tellsTurn` how long the turn
/// of the loop has taken when it comes to a request; refusing costs time as well.
struct SimulatedLoop {
    var rate: Double
    /// The mean of the work of a request; spread by chance (exponential).
    let work: Duration
    /// What it costs to refuse one.
    let refusal: Duration
    var tellsTurn = false
    private(set) var shedder: LoadShedderState
    private(set) var now = Instant(nanoseconds: 1_000_000_000_000)
    private(set) var offered = 0
    private(set) var shed = 0
    /// From arrival to end, in nanoseconds.
    private(set) var latencies: [Int64] = []

    private var random: FastRandom
    private var nextArrival: Instant
    private var nextProbe: Instant

    init(rate: Double, work: Duration, refusal: Duration, seed: UInt64) throws {
        self.rate = rate
        self.work = work
        self.refusal = refusal
        random = FastRandom(seed: seed)
        shedder = try LoadShedderState(random: FastRandom(seed: seed &+ 1))
        nextArrival = now
        nextProbe = now
    }

    mutating func run(for duration: Duration) {
        offered = 0
        shed = 0
        latencies = []
        let end = now.advanced(by: duration)
        while now < end {
            now = max(now, min(nextArrival, nextProbe))
            if nextProbe <= now {
                shedder.observe(delay: nextProbe.duration(to: now), now: now)
                nextProbe = now.advanced(by: .milliseconds(5))
            }
            let turn = now
            // A turn of the loop answers what was there when it began, and looks at timers afterwards.
            while nextArrival <= turn {
                answer(nextArrival, waited: tellsTurn ? turn.duration(to: now) : nil)
                nextArrival = nextArrival.advanced(by: random.gap(rate: rate))
            }
        }
    }

    /// The process is stopped for a time, as by a debugger or a hypervisor.
    mutating func pause(for duration: Duration) {
        now = now.advanced(by: duration)
    }

    /// How long all but a hundredth took at most.
    var p99: Duration {
        let sorted = latencies.sorted()
        return sorted.isEmpty ? .zero : .nanoseconds(sorted[sorted.count * 99 / 100])
    }

    /// How many ended within `limit`, per second of `duration`.
    func goodput(within limit: Duration, over duration: Duration) -> Double {
        Double(latencies.count { $0 <= limit.nanoseconds }) / duration.seconds
    }

    private mutating func answer(_ arrival: Instant, waited: Duration?) {
        offered += 1
        guard case .admitted = shedder.admit(.normal, waited: waited, now: now) else {
            shed += 1
            now = now.advanced(by: refusal)
            return
        }
        now = now.advanced(by: random.gap(rate: 1 / work.seconds))
        shedder.finish(now: now)
        latencies.append(arrival.duration(to: now).nanoseconds)
    }
}
