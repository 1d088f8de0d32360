// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// A stream's place among the readers of a database.
final class StreamPlace: Sendable {
    let gate: ReaderGate
    private let isHeld = Atomic(true)

    /// For who was admitted by `gate`.
    init(at gate: ReaderGate) {
        self.gate = gate
    }

    /// Whether it wasn't given back yet.
    var isOpen: Bool { isHeld.load(ordering: .acquiring) }

    /// Gives it back. Once.
    func leave() {
        isHeld.store(false, ordering: .releasing)
        gate.leave(.stream)
    }
}
