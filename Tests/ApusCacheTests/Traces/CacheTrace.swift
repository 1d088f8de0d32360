// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation

/// A generated sequence of keys that a cache is asked for.
struct CacheTrace: CustomStringConvertible {
    let description: String
    let keys: [Int]

    /// Popularity falls with the rank to the power of `exponent`, over `population` keys.
    static func zipf(_ exponent: Double, population: Int, length: Int, seed: UInt64 = 1) -> CacheTrace {
        var zipf = Zipf(exponent, population: population, seed: seed)
        return CacheTrace(description: "Zipf \(exponent)", keys: (0..<length).map { _ in zipf.next() })
    }

    /// Zipf, broken by scans of keys that never come again, as long as the capacity and as frequent as the rest.
    static func scan(capacity: Int, length: Int) -> CacheTrace {
        var zipf = Zipf(0.9, population: capacity * 20, seed: 2)
        var keys: [Int] = []
        var fresh = capacity * 1_000
        while keys.count < length {
            for _ in 0..<capacity { keys.append(zipf.next()) }
            for _ in 0..<capacity { fresh += 1; keys.append(fresh) }
        }
        return CacheTrace(description: "scan", keys: Array(keys.prefix(length)))
    }

    /// The same keys again and again, a third more than there is room for: what LRU never hits.
    static func loop(capacity: Int, length: Int) -> CacheTrace {
        CacheTrace(description: "loop", keys: (0..<length).map { $0 % (capacity * 4 / 3) })
    }

    /// Zipf whose popular keys are others after every eighth of the trace.
    static func shifting(capacity: Int, length: Int) -> CacheTrace {
        var zipf = Zipf(0.9, population: capacity * 20, seed: 3)
        let phase = length / 8
        return CacheTrace(
            description: "shifting", keys: (0..<length).map { zipf.next() + $0 / phase * capacity * 100 })
    }

    /// New keys all the time, each asked for three times or so soon after it appeared.
    static func recency(capacity: Int, length: Int) -> CacheTrace {
        var random = FastRandom(seed: 4)
        return CacheTrace(
            description: "recency",
            keys: (0..<length).map { step in
                let age = -log(1 - Double.random(in: 0..<1, using: &random)) * Double(capacity) / 2
                return max(0, step / 3 - Int(age))
            })
    }

    /// What a cache of `capacity` entries is judged by.
    static func all(capacity: Int, length: Int) -> [CacheTrace] {
        [
            .zipf(0.9, population: capacity * 20, length: length),
            .zipf(1.1, population: capacity * 20, length: length),
            .scan(capacity: capacity, length: length),
            .loop(capacity: capacity, length: length),
            .shifting(capacity: capacity, length: length),
        ]
    }
}

/// Draws ranks by the inverse of their cumulated probabilities.
private struct Zipf {
    private let cumulated: [Double]
    private var random: FastRandom

    init(_ exponent: Double, population: Int, seed: UInt64) {
        var sum = 0.0
        cumulated = (1...population).map { rank in
            sum += 1 / pow(Double(rank), exponent)
            return sum
        }
        random = FastRandom(seed: seed)
    }

    mutating func next() -> Int {
        let wanted = Double.random(in: 0..<(cumulated.last ?? 1), using: &random)
        var (low, high) = (0, cumulated.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if cumulated[middle] <= wanted { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
