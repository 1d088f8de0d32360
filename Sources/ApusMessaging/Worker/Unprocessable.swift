// SPDX-License-Identifier: Apache-2.0
/// A message that no handler can be tried with, and why.
struct Unprocessable: Error {
    let reason: DeadReason
    let message: String

    init(_ reason: DeadReason, _ message: String) {
        self.reason = reason
        self.message = message
    }
}
