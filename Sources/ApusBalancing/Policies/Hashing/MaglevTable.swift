// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// The look-up table of Maglev: each entry names the candidate that the keys which fall on it belong to.
///
/// Every candidate has its own order of preference over the entries, a permutation made of two hashes of its id. They
/// take turns, in the order of the set, and each takes the first entry of its order that is still free. One with less
/// weight than the heaviest sits out turns in proportion.
struct MaglevTable: KeyTable {
    private let entries: [UInt32]

    /// - Parameters:
    ///   - size: a prime, so that every step runs through all entries.
    ///   - weights: above 0.
    init(_ candidates: [Candidate], _ weights: [Double], size: Int) {
        let unset = UInt32.max
        var entries = [UInt32](repeating: unset, count: candidates.isEmpty ? 0 : size)
        let heaviest = weights.max() ?? 1
        var next = candidates.map { Int(XXHash64.hash($0.hash, seed: 0) % UInt64(size)) }
        let steps = candidates.map { Int(XXHash64.hash($0.hash, seed: 1) % UInt64(size - 1)) + 1 }
        // What a candidate has saved up; a turn costs the weight of the heaviest.
        var credit = [Double](repeating: 0, count: candidates.count)
        var free = entries.count
        while free > 0 {
            for index in candidates.indices where free > 0 {
                credit[index] += weights[index]
                guard credit[index] >= heaviest else { continue }
                credit[index] -= heaviest
                var entry = next[index]
                while entries[entry] != unset {
                    entry += steps[index]
                    if entry >= size { entry -= size }
                }
                entries[entry] = UInt32(index)
                free -= 1
                entry += steps[index]
                next[index] = entry >= size ? entry - size : entry
            }
        }
        self.entries = entries
    }

    /// How many entries belong to each of `count` candidates.
    func shares(of count: Int) -> [Int] {
        entries.reduce(into: [Int](repeating: 0, count: count)) { $0[Int($1)] += 1 }
    }

    func owner(of hash: UInt64) -> Int {
        // The entry that the hash, as a fraction of its range, falls on: costs less than a remainder.
        Int(entries[Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(entries.count)).high)])
    }
}
