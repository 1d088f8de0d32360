// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A value that a test shares with the servers it starts.
public final class Shared<Value: Sendable>: Sendable {
    private let stored: Mutex<Value>

    public init(_ value: Value) {
        stored = Mutex(value)
    }

    public var value: Value {
        get { stored.withLock { $0 } }
        set { stored.withLock { $0 = newValue } }
    }

    public func update(_ change: (inout sending Value) -> Void) {
        stored.withLock { change(&$0) }
    }
}
