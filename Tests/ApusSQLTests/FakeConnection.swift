// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusSQL
import Synchronization

/// A connection to nothing, which notes what is done to it and that one task uses it at a time.
final class FakeConnection: PooledConnection {
    struct State {
        var condition = ReleaseCondition.clean
        var looksAlive = true
        var answers = true
        var isClosed = false
        var users = 0
        var validations = 0
    }

    let state = Mutex(State())

    var condition: ReleaseCondition { state.withLock { $0.condition } }
    var looksAlive: Bool { state.withLock { $0.looksAlive } }
    var isClosed: Bool { state.withLock { $0.isClosed } }

    func validate(until deadline: Instant) async -> Bool {
        state.withLock { state in
            state.validations += 1
            return state.answers
        }
    }

    func reset(until deadline: Instant) async -> Bool {
        state.withLock { state in
            state.condition = .clean
            return state.answers
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
    }
}

extension PoolLoan {
    /// The connection of a pool whose `dial` makes these.
    var fake: FakeConnection { unsafeDowncast(connection, to: FakeConnection.self) }
}
