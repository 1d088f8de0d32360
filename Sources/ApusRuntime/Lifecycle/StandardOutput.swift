// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP
internal import Foundation

/// Lines for whoever started the process, written at once: what waits in a buffer is no help to a supervisor.
public enum StandardOutput {
    /// Writes `listening http://127.0.0.1:8080`.
    public static let announce: @Sendable (ServerAddress) -> Void = { write("listening \($0)\n") }

    /// Writes `text` to standard output, unbuffered.
    public static func write(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// Writes `text` to standard error, unbuffered.
    public static func writeError(_ text: String) { write(text, to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                // Nobody reads: there is nobody to tell.
                return
            }
            rest = rest.dropFirst(count)
        }
    }
}
