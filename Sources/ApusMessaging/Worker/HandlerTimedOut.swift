// SPDX-License-Identifier: Apache-2.0
/// A handler took longer than it may and was cancelled.
struct HandlerTimedOut: Error, CustomStringConvertible {
    let timeout: Duration

    init(after timeout: Duration) {
        self.timeout = timeout
    }

    var description: String { "the handler took longer than \(timeout)" }
}
