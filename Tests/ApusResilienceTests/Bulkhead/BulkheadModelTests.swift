// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

/// The rules written down as plainly as they can be: lists, searched from the front.
private struct ReferenceBulkhead {
    struct Waiter {
        var id: Int
        var partition: Int
        var end: Int64
    }

    var maximum: Int
    let room: Int
    let patience: Int64
    let shares: [Double]
    var running: [Int] = []
    var waiting: [Waiter] = []

    private func mayStart(_ partition: Int) -> Bool {
        if running.count < maximum { return true }
        guard shares[partition] > 0 else { return false }
        return running.count { $0 == partition } < max(1, Int(Double(maximum) * shares[partition]))
    }

    /// Gives the ids of those that are refused.
    mutating func expire(_ now: Int64) -> [Int] {
        let ended = waiting.filter { $0.end <= now }.map(\.id)
        waiting.removeAll { $0.end <= now }
        return ended
    }

    /// Gives the ids of those that may go.
    mutating func serve() -> [Int] {
        var served: [Int] = []
        while let index = waiting.firstIndex(where: { mayStart($0.partition) }) {
            let waiter = waiting.remove(at: index)
            running.append(waiter.partition)
            served.append(waiter.id)
        }
        return served
    }

    enum Answer: Equatable { case admitted, waiting, refused }

    mutating func acquire(_ id: Int, _ partition: Int, deadline: Int64, _ now: Int64) -> Answer {
        if deadline <= now { return .refused }
        if mayStart(partition) {
            running.append(partition)
            return .admitted
        }
        if waiting.count >= room { return .refused }
        waiting.append(Waiter(id: id, partition: partition, end: min(deadline, now + patience)))
        return .waiting
    }
}

@Suite("The bulkhead beside its reference model")
struct BulkheadModelTests {
    @Test("agrees with it under random interleavings, cancellations, resizings and clock jumps", arguments: 0..<16)
    func agrees(_ round: Int) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = FastRandom(seed: seed)
        var configuration = BulkheadConfiguration()
        configuration.maximumCalls = Int.random(in: 1...8, using: &random)
        configuration.maximumWaiting = Int.random(in: 0...12, using: &random)
        configuration.maximumWait = .milliseconds(Int.random(in: 1...500, using: &random))
        if round % 2 == 0 { configuration.partitions = [.init("a", share: 0.25), .init("b", share: 0.5)] }
        var state = try BulkheadState(configuration, random: FastRandom(seed: 1))
        var model = ReferenceBulkhead(
            maximum: configuration.maximumCalls, room: configuration.maximumWaiting,
            patience: configuration.maximumWait.nanoseconds, shares: [0] + configuration.partitions.map(\.share))
        var ids: [BulkheadTicket: Int] = [:]
        var now = Instant(nanoseconds: 1_000_000_000_000)
        for step in 0..<5_000 {
            let note: Comment = "seed \(seed), step \(step)"
            now.nanoseconds += Self.step(&random)
            var actions: [BulkheadAction] = []
            var refused: [Int] = []
            var served: [Int] = []
            switch random.next() % 10 {
            case 0...4:
                let partition = Int.random(in: 0...configuration.partitions.count, using: &random)
                let left = Int64.random(in: -1_000_000...800_000_000, using: &random)
                let deadline = now.advanced(by: .nanoseconds(left))
                let admission = state.acquire(partition: partition, deadline: deadline, now: now, actions: &actions)
                if deadline > now { refused = model.expire(now.nanoseconds) }
                let expected = model.acquire(step, partition, deadline: deadline.nanoseconds, now.nanoseconds)
                switch admission {
                case .admitted: try #require(expected == .admitted, note)
                case .rejected: try #require(expected == .refused, note)
                case .waiting(let ticket):
                    try #require(expected == .waiting, note)
                    ids[ticket] = step
                }
            case 5...7:
                guard let partition = model.running.randomElement(using: &random),
                    let index = model.running.firstIndex(of: partition)
                else { continue }
                state.release(partition: partition, now: now, actions: &actions)
                model.running.remove(at: index)
                refused = model.expire(now.nanoseconds)
                served = model.serve()
            case 8:
                guard
                    let ticket = ids.keys.sorted(by: { ids[$0, default: 0] < ids[$1, default: 0] })
                        .randomElement(using: &random), let id = ids.removeValue(forKey: ticket)
                else { continue }
                try #require(state.cancel(ticket) == model.waiting.contains { $0.id == id }, note)
                model.waiting.removeAll { $0.id == id }
            default:
                let maximum = Int.random(in: 1...8, using: &random)
                state.resize(to: maximum, now: now, actions: &actions)
                model.maximum = maximum
                refused = model.expire(now.nanoseconds)
                served = model.serve()
            }
            var actuallyRefused: [Int] = []
            var actuallyServed: [Int] = []
            for action in actions {
                switch action {
                case .grant(let ticket): actuallyServed.append(ids.removeValue(forKey: ticket) ?? -1)
                case .reject(let ticket, _): actuallyRefused.append(ids.removeValue(forKey: ticket) ?? -1)
                }
            }
            try #require(actuallyRefused == refused, note)
            try #require(actuallyServed == served, note)
            try #require(state.inFlight == model.running.count, note)
            try #require(state.waiting == model.waiting.count, note)
        }
    }

    private static func step(_ random: inout FastRandom) -> Int64 {
        switch random.next() % 50 {
        case 0: Int64.random(in: 0...10_000_000_000_000, using: &random)
        case 1: Int64.random(in: -300_000_000...0, using: &random)
        case 2...10: 0
        default: Int64.random(in: 0...60_000_000, using: &random)
        }
    }
}
