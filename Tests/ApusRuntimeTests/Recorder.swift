// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Notes what happened, in order.
final class Recorder: Sendable {
    private let noted = Mutex<[String]>([])

    var events: [String] { noted.withLock { $0 } }

    func note(_ event: String) { noted.withLock { $0.append(event) } }
}
