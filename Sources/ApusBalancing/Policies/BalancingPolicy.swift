// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How one of several candidates is picked for a call.
///
/// A policy is asked on every call, from any thread, and must be cheap. What depends on the set alone, such as the
/// table of a consistent hash, is made once for each set by ``table(for:weights:reusing:)`` and handed to each pick.
/// What a policy remembers from call to call, such as whose turn it is, lies in atomics. Chance comes as a parameter,
/// and so does the time, in the call.
public protocol BalancingPolicy: Sendable {
    /// What is made once for a set. `Void` if there is nothing.
    associatedtype Table: Sendable = Void

    /// Whether the same key should go to the same candidate, in this process and in others.
    ///
    /// Such a policy is given all candidates, the unusable too, so that its table stays as it is while their health
    /// changes; it has a rule of its own for keys whose candidate is unusable. Default false: only candidates that may
    /// be picked are in the table.
    var isConsistent: Bool { get }

    /// Whether picks need ``BalancedCall/now``. Default false.
    var readsTime: Bool { get }

    /// Makes what picks from `candidates` need. Called off the hot path, whenever the candidates or their health or
    /// weights change.
    ///
    /// - Parameters:
    ///   - candidates: those to pick from.
    ///   - weights: the share of each, above 0: its weight, less during its slow start.
    ///   - previous: what was made last of the same candidates with the same weights; nil if one of them has changed.
    func table(for candidates: [Candidate], weights: [Double], reusing previous: Table?) -> Table

    /// Picks a candidate for a call.
    ///
    /// - Parameters:
    ///   - candidates: the set.
    ///   - table: what ``table(for:weights:reusing:)`` made of the same set.
    ///   - call: what is known of the call.
    ///   - random: where chance comes from.
    /// - Returns: the index of a candidate that `call` allows; nil if there is none, an empty set included.
    func pick(
        from candidates: [Candidate], table: Table, for call: BalancedCall, using random: inout FastRandom
    ) -> Int?

    /// Takes note of how long a call to `candidate` took. Default: not at all.
    func observe(_ latency: Duration, of candidate: Candidate, now: Instant)
}

extension BalancingPolicy {
    @inlinable public var isConsistent: Bool { false }

    @inlinable public var readsTime: Bool { false }

    @inlinable
    public func observe(_ latency: Duration, of candidate: Candidate, now: Instant) {}

    /// What picks from `candidates` need, with the weights that these have now.
    public func table(for candidates: [Candidate]) -> Table {
        table(for: candidates, weights: candidates.map { Double($0.weight) }, reusing: nil)
    }
}

extension BalancingPolicy where Table == Void {
    @inlinable
    public func table(for candidates: [Candidate], weights: [Double], reusing previous: Void?) {}
}
