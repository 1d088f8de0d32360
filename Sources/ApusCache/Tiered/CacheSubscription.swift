// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Keeps a subscription alive: it ends when this is cancelled or released.
public final class CacheSubscription: Sendable {
    private let end: Mutex<(@Sendable () -> Void)?>

    /// A subscription that `end` ends. It is called once.
    public init(_ end: @escaping @Sendable () -> Void) {
        self.end = Mutex(end)
    }

    /// Ends the subscription. Safe to call more than once.
    public func cancel() {
        let end = end.withLock { end in
            defer { end = nil }
            return end
        }
        end?()
    }

    deinit { cancel() }
}
