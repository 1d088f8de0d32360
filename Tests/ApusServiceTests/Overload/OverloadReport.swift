// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusResilience

/// What became of the requests of a while, and what they cost.
struct OverloadReport: Sendable, CustomStringConvertible {
    private var outcomes: [CallPriority: (served: Int, refused: Int)] = [:]
    /// For each request that was worked on, how many units of work were done between its sending and its beginning.
    var waits: [Int] = []
    var units = 0
    var used = Duration.zero
    private(set) var healthy = 0
    private(set) var unhealthy = 0

    mutating func count(_ priority: CallPriority, _ status: HTTPStatus) {
        if status == .ok {
            outcomes[priority, default: (0, 0)].served += 1
        } else {
            outcomes[priority, default: (0, 0)].refused += 1
        }
    }

    mutating func countHealth(_ status: HTTPStatus) {
        if status == .ok { healthy += 1 } else { unhealthy += 1 }
    }

    var served: Int { outcomes.values.reduce(0) { $0 + $1.served } }
    var refused: Int { outcomes.values.reduce(0) { $0 + $1.refused } }
    var answered: Int { served + refused }

    /// Units of work for each second of CPU time that the loop used, for whatever it did.
    var unitsPerSecond: Double { Double(units) / used.seconds }

    /// The share of the requests of a priority that were served.
    func share(of priority: CallPriority) -> Double {
        let (served, refused) = outcomes[priority] ?? (0, 0)
        return Double(served) / Double(max(1, served + refused))
    }

    /// How long a share of them waited at most, in units of work.
    func wait(of share: Double) -> Int {
        let sorted = waits.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
    }

    var description: String {
        let shares = CallPriority.allCases.map { "\($0) \(Int(100 * share(of: $0)))%" }.joined(separator: ", ")
        return "\(served) of \(answered) served (\(shares)), \(Int(unitsPerSecond)) units/s of CPU, "
            + "waited \(wait(of: 0.5)) and \(wait(of: 0.99)) units, health \(healthy) of \(healthy + unhealthy)"
    }
}
