// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Blocks threads until it is opened: what a handler does that waits the wrong way.
final class Blockade: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    /// Blocks the thread.
    func block() {
        semaphore.wait()
        semaphore.signal()
    }

    func open() {
        semaphore.signal()
    }
}
