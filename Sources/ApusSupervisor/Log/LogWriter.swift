// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import Synchronization

/// Writes lines to a descriptor from a thread of its own, so that a terminal that stands still stops nobody.
///
/// At most 4 MiB wait to be written; what comes beyond is dropped and counted in a line of its own. Safe from any thread.
final class LogWriter: Sendable {
    private struct Shared {
        var waiting: [UInt8] = []
        var dropped = 0
        var isWriting = false
    }

    static let mostBytes = 4 << 20

    private let descriptor: Int32
    private let queue = DispatchQueue(label: "apus.supervisor.log")
    private let shared = Mutex(Shared())

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes `text`, which ends its line itself, soon.
    func write(_ text: String) {
        let begins = shared.withLock { shared in
            guard shared.waiting.count + text.utf8.count <= Self.mostBytes else {
                shared.dropped += 1
                return false
            }
            shared.waiting.append(contentsOf: text.utf8)
            defer { shared.isWriting = true }
            return !shared.isWriting
        }
        if begins { queue.async { self.drain() } }
    }

    /// Waits until everything is written, at most for `limit`.
    func flush(within limit: Duration) {
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        _ = done.wait(timeout: .now() + .nanoseconds(Int(limit.components.seconds) * 1_000_000_000))
    }

    private func drain() {
        while true {
            let bytes = shared.withLock { shared -> [UInt8] in
                if shared.dropped > 0 {
                    shared.waiting.append(contentsOf: "… \(shared.dropped) lines dropped: the log is read too slowly\n".utf8)
                    shared.dropped = 0
                }
                if shared.waiting.isEmpty { shared.isWriting = false }
                defer { shared.waiting = [] }
                return shared.waiting
            }
            guard !bytes.isEmpty else { return }
            bytes.withUnsafeBytes { writeAll($0) }
        }
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&state, 1, 1_000)
            } else if errno != EINTR {
                // Nobody reads any more: there is nobody to tell.
                return
            }
        }
    }
}
