// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience

/// The rules of the load shedder written down as plainly as they can be: everything that happened is kept in lists, and what
/// is known is read off them when it is asked for.
struct ReferenceShedder {
    /// What happened between two decisions.
    struct Window {
        let start: Int64
        var delays: [Double] = []
        var offered: [CallPriority] = []
        var finished = 0
        var shed = 0
    }

    /// What is known from the windows before.
    struct Knowledge {
        var isOverloaded = false
        var capacity = 0.0
        var target: Double
        var rates = [0.0, 0, 0, 0]
        var admission = [1.0, 1, 1, 1]
        var overload = 1.0
        var growth = 0.05
        var calmWindows = 0
        var windowsBlind = 0
        var meanDelay = 0.0
    }

    enum Answer: Equatable {
        case admitted
        case shed(LoadShedderRejection.Reason, Duration)
    }

    let configuration: LoadShedderConfiguration
    private var random: FastRandom
    private(set) var knowledge: Knowledge
    private var window: Window?
    /// Those that wait, by when they were admitted, and how many are worked on.
    var waiting: [Int64] = []
    var running = 0
    /// The times between two starts with others waiting all the while.
    private var gaps: [Double] = []
    private var startBefore: Int64?
    private var cpu: [(at: Int64, use: Double)] = []

    init(_ configuration: LoadShedderConfiguration, random: FastRandom) {
        self.configuration = configuration
        self.random = random
        knowledge = Knowledge(target: configuration.targetDelay.seconds)
    }

    // What happens.

    mutating func admit(_ priority: CallPriority, isQueued: Bool, waited: Int64?, _ now: Int64) -> Answer {
        if let waited { delay(waited, now) } else { turn(now) }
        window?.offered.append(priority)
        if let reason = reason(priority, now) {
            window?.shed += 1
            let nanoseconds = min(max(knowledge.overload * 1e9, 1e6), 30e9)
            let wait = nanoseconds * (1 + chance() / 2)
            return .shed(reason, .milliseconds(Int64((wait / 1e6).rounded(.up))))
        }
        if isQueued { waiting.append(now) } else { running += 1 }
        return .admitted
    }

    mutating func start(_ index: Int, _ now: Int64) {
        let admitted = waiting.remove(at: index)
        running += 1
        if let startBefore { gaps.append(Double(max(0, now - startBefore)) / 1e9) }
        startBefore = waiting.isEmpty ? nil : now
        delay(now - admitted, now)
    }

    mutating func finish(_ now: Int64) {
        running -= 1
        window?.finished += 1
        turn(now)
    }

    mutating func leave(_ index: Int, _ now: Int64) {
        waiting.remove(at: index)
        if waiting.isEmpty { startBefore = nil }
        turn(now)
    }

    mutating func delay(_ delay: Int64, _ now: Int64) {
        if window == nil { window = Window(start: now) }
        window?.delays.append(Double(max(0, delay)) / 1e9)
        turn(now)
    }

    mutating func cpu(_ use: Double, _ now: Int64) {
        guard use.isFinite else { return }
        cpu.append((now, use))
        turn(now)
    }

    // What is known.

    /// The last use of the CPU, if it isn't older than 5 s.
    func cpu(_ now: Int64) -> Double? {
        guard let last = cpu.last, now - last.at <= 5_000_000_000 else { return nil }
        return min(1, max(0, last.use))
    }

    /// Which share of the sheddable requests the CPU sheds.
    private func shedByCPU(_ now: Int64) -> Double {
        guard cpu(now) != nil else { return 0 }
        let target = configuration.cpuTarget ?? .infinity
        var share = 0.0
        for (index, sample) in cpu.enumerated() {
            if index > 0, sample.at - cpu[index - 1].at > 5_000_000_000 { share = 0 }
            if sample.use < target - 0.2 {
                share = 0
            } else {
                share = min(1, max(0, share + (min(sample.use, 1) - target) / 2))
            }
        }
        return share
    }

    /// The mean time between two starts, the last 32 or so of them; nil until it is known.
    private var gap: Double? {
        guard gaps.count >= 8 else { return nil }
        var mean = 0.0
        for (index, gap) in gaps.enumerated() { mean += (gap - mean) / Double(min(index + 1, 32)) }
        return mean
    }

    private mutating func reason(_ priority: CallPriority, _ now: Int64) -> LoadShedderRejection.Reason? {
        let level = Int(priority.rawValue)
        let inFlight = Double(waiting.count + running)
        if inFlight >= Double(configuration.maximumInFlight) * [0.7, 0.8, 0.9, 1][level] { return .inFlight }
        if let gap, Double(waiting.count) * gap > knowledge.target * [2, 3, 5, 8][level] { return .queueLength }
        let byCPU = shedByCPU(now)
        if priority == .sheddable, byCPU > 0, chance() < byCPU { return .cpu }
        let share = knowledge.admission[level]
        if knowledge.isOverloaded, share < 1, chance() >= share { return .queueingDelay }
        return nil
    }

    private mutating func chance() -> Double { Double(random.next() / 2_048) / 9_007_199_254_740_992 }

    private mutating func turn(_ now: Int64) {
        guard let window else {
            self.window = Window(start: now)
            return
        }
        let length = now - window.start
        let usual = configuration.window.nanoseconds
        let sum = window.delays.reduce(0, +)
        let hasSeen = window.delays.count >= configuration.minimumSamples || sum >= Double(usual) / 1e9
        guard length >= usual, hasSeen || length >= 10 * usual else { return }
        learn(window, seconds: Double(length) / 1e9, now)
        self.window = Window(start: now)
    }

    private mutating func learn(_ window: Window, seconds: Double, _ now: Int64) {
        let isIdle = waiting.isEmpty && window.offered.isEmpty
        knowledge.windowsBlind = window.delays.isEmpty && !isIdle ? knowledge.windowsBlind + 1 : 0
        // What was known holds for 30 windows in which nothing is seen.
        if (1...30).contains(knowledge.windowsBlind) { return }
        let count = window.delays.count
        let least = window.delays.min() ?? .infinity
        let mean = count > 0 ? window.delays.reduce(0, +) / Double(count) : 0
        let throughput = Double(window.finished) / seconds
        knowledge.meanDelay = mean
        let turn = gap ?? seconds / Double(max(1, window.finished))
        knowledge.target = max(configuration.targetDelay.seconds, 4 * turn)
        for level in 0..<4 {
            let rate = Double(window.offered.count { Int($0.rawValue) == level }) / seconds
            let before = knowledge.rates[level]
            knowledge.rates[level] = knowledge.isOverloaded && rate > before / 2 ? (before + rate) / 2 : rate
        }
        let signal = (cpu(now) ?? 0) >= 0.95 ? mean : least
        if !knowledge.isOverloaded {
            guard count > 0, signal > knowledge.target else { return }
            knowledge.isOverloaded = true
            let before = gap.map { 1 / max($0, 1e-9) } ?? knowledge.capacity * 0.7
            knowledge.capacity = max(throughput, before)
        } else if count > 0, least > knowledge.target / 10 {
            let weight = min(0.3, Double(window.finished) / Double(window.finished + 50))
            knowledge.capacity += (throughput - knowledge.capacity) * weight
        }
        if window.shed > 0, mean < knowledge.target / 2 {
            knowledge.capacity = max(throughput, knowledge.capacity * (1 + knowledge.growth))
            knowledge.growth = min(1, knowledge.growth * 2)
        } else {
            knowledge.growth = 0.05
        }
        let leastCapacity = Double(configuration.minimumSamples) / (configuration.window * 10).seconds
        knowledge.capacity = max(knowledge.capacity, leastCapacity)
        divide(mean)
    }

    /// Gives the room to the critical first, then to the next below, until it is used up.
    private mutating func divide(_ mean: Double) {
        let target = knowledge.target
        let calm = [0.25, 0.5, 1, 2]
        let least = [0, 0.5, 0.7, 0.9]
        var taken = 0.0
        for level in [3, 2, 1, 0] {
            let late = (mean - calm[level] * target) / (6 * target)
            let share = min(1.05, max(least[level], 1 - late))
            let room = knowledge.capacity * share - taken
            let rate = knowledge.rates[level]
            knowledge.admission[level] = rate <= room ? 1 : max(0, room / rate)
            taken += knowledge.admission[level] * rate
        }
        let total = knowledge.rates.reduce(0, +)
        knowledge.overload = min(30, max(1, total / knowledge.capacity))
        let isCalm = knowledge.admission == [1, 1, 1, 1] && mean < target
        knowledge.calmWindows = isCalm ? knowledge.calmWindows + 1 : 0
        if knowledge.calmWindows >= 3 {
            knowledge.isOverloaded = false
            knowledge.calmWindows = 0
            knowledge.overload = 1
        }
    }
}
