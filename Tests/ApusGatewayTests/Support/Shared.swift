// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A value that a test shares with the servers it starts.
final class Shared<Value: Sendable>: Sendable {
    private let stored: Mutex<Value>

    init(_ value: Value) {
        stored = Mutex(value)
    }

    var value: Value {
        get { stored.withLock { $0 } }
        set { stored.withLock { $0 = newValue } }
    }

    func update(_ change: (inout sending Value) -> Void) {
        stored.withLock { change(&$0) }
    }
}
