// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// Waits for the end of a supervisor's pipe: standard input ends when the supervisor does, however it died.
enum InputWatch {
    /// Reads `descriptor` on a thread of its own, throws away what comes, and calls `ended` once at its end. The thread
    /// lives as long as the pipe.
    static func start(_ descriptor: Int32, ended: @escaping @Sendable () -> Void) {
        let thread = Thread {
            var buffer = [UInt8](repeating: 0, count: 256)
            while true {
                let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
                if count > 0 || (count < 0 && errno == EINTR) { continue }
                break
            }
            ended()
        }
        thread.name = "apus-supervised"
        thread.start()
    }
}
