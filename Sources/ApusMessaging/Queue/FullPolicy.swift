// SPDX-License-Identifier: Apache-2.0
/// What a publisher does when the queue is full.
public enum FullPolicy: Sendable, Hashable {
    /// Throws `overloaded` at once.
    case reject
    /// Tries again until there is room, at most for so long; then throws `overloaded`. Inside a transaction it rejects: a
    /// wait would hold the transaction's locks.
    case wait(upTo: Duration)
}
