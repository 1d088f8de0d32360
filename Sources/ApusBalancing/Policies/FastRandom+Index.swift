// SPDX-License-Identifier: Apache-2.0
import ApusCore

extension FastRandom {
    /// A number from 0 to `bound` - 1, each as likely as the others but for one part in 2^64 / `bound`.
    @inline(__always)
    mutating func index(below bound: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(truncatingIfNeeded: bound)).high)
    }

    /// A number from 0 to `bound` - 1 other than `other`, each as likely as the others. `bound` is at least 2.
    @inline(__always)
    mutating func index(below bound: Int, except other: Int) -> Int {
        let index = index(below: bound - 1)
        return index >= other ? index + 1 : index
    }
}

extension BalancedCall {
    /// The first candidate that the call allows from `start` on, round the end; nil if there is none.
    func firstAllowed(of candidates: [Candidate], from start: Int) -> Int? {
        for index in start..<candidates.count where allows(candidates, at: index) { return index }
        for index in 0..<min(start, candidates.count) where allows(candidates, at: index) { return index }
        return nil
    }
}
