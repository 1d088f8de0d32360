// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How one of several candidates is picked for a call.
///
/// A policy is asked on every call, from any thread, and must be cheap. What depends on the set alone, such as the
/// table of a consistent hash, is made once for each set by ``table(for:)`` and handed to each pick. What a policy
/// remembers from call to call, such as whose turn it is, lies in atomics. Chance comes as a parameter.
public protocol BalancingPolicy: Sendable {
    /// What is made once for a set. `Void` if there is nothing.
    associatedtype Table: Sendable = Void

    /// Makes what picks from `candidates` need. Called off the hot path, whenever the set changes.
    func table(for candidates: [Candidate]) -> Table

    /// Picks a candidate for a call.
    ///
    /// - Parameters:
    ///   - candidates: the set.
    ///   - table: what ``table(for:)`` made of the same set.
    ///   - call: what is known of the call.
    ///   - random: where chance comes from.
    /// - Returns: the index of a candidate that `call` allows; nil if there is none, an empty set included.
    func pick(
        from candidates: [Candidate], table: Table, for call: BalancedCall, using random: inout FastRandom
    ) -> Int?
}

extension BalancingPolicy where Table == Void {
    @inlinable
    public func table(for candidates: [Candidate]) {}
}
