// SPDX-License-Identifier: Apache-2.0

/// The structure of a consistent hash: says which candidate a key belongs to.
protocol KeyTable: Sendable {
    /// The index of the candidate that the key of that hash belongs to. There is at least one candidate.
    func owner(of hash: UInt64) -> Int
}
