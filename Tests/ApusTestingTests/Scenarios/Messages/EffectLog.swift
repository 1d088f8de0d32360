// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The databases of the services: what their handlers did, and the inboxes that keep them from doing it again.
final class EffectLog: Sendable {
    struct Effect: Sendable, Hashable {
        let service: String
        let message: String
    }

    private struct State {
        var effects: [Effect] = []
        var inbox: Set<Effect> = []
        var repetitions = 0
    }

    private let state = Mutex(State())

    /// In the order in which they happened.
    var effects: [Effect] { state.withLock { $0.effects } }

    /// How often an inbox refused.
    var repetitions: Int { state.withLock { $0.repetitions } }

    func contains(_ effect: Effect) -> Bool { state.withLock { $0.inbox.contains(effect) } }

    /// Has the effect, and notes it in the inbox, unless it is there: both or none.
    ///
    /// - Returns: whether it happened now.
    func once(_ effect: Effect) -> Bool {
        state.withLock { state in
            guard state.inbox.insert(effect).inserted else {
                state.repetitions += 1
                return false
            }
            state.effects.append(effect)
            return true
        }
    }
}
