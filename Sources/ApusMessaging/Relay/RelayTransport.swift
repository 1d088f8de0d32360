// SPDX-License-Identifier: Apache-2.0
/// Brings a message to another service: over HTTP in ApusService.
public protocol RelayTransport: Sendable {
    /// Returns when the service has stored the message for good. It may get it more than once.
    ///
    /// - Throws: ``MessageRejected`` if the service will never take it, ``RetryLater`` if it said when to come again; any
    ///   other error means that it may be tried again.
    func send(_ message: Message, to service: String) async throws
}
