// SPDX-License-Identifier: Apache-2.0
public import ApusCore

extension NATSClient {
    /// Tells the consumer that the message is done, and waits until it knows.
    ///
    /// JetStream takes the acknowledgement of a delivery whose lease has ended for that of the next one: who must not
    /// settle what isn't in hand any more gives `notAfter`.
    ///
    /// - Parameter notAfter: it isn't sent at this instant or later, and fails with `timeout`, `mayHaveRun` false, then.
    /// - Throws: `noResponders` if the consumer is gone, and what ``request(_:headers:data:deadline:notAfter:)`` throws.
    public func acknowledge(_ message: PulledMessage, notAfter: Instant? = nil) async throws(NATSError) {
        try await settle(message, Acknowledgement.done, notAfter)
    }

    /// Gives the message back, to be delivered again after `delay`; waits until the consumer knows.
    ///
    /// - Throws: as ``acknowledge(_:notAfter:)``.
    public func giveBack(
        _ message: PulledMessage, after delay: Duration = .zero, notAfter: Instant? = nil
    ) async throws(NATSError) {
        try await settle(message, Acknowledgement.negative(after: delay), notAfter)
    }

    /// Begins the lease of the message anew; waits until the consumer knows.
    ///
    /// - Throws: as ``acknowledge(_:notAfter:)``.
    public func keep(_ message: PulledMessage, notAfter: Instant? = nil) async throws(NATSError) {
        try await settle(message, Acknowledgement.inProgress, notAfter)
    }

    /// Gives the message up: it isn't delivered again. Waits until the consumer knows.
    ///
    /// - Throws: as ``acknowledge(_:notAfter:)``.
    public func terminate(_ message: PulledMessage, notAfter: Instant? = nil) async throws(NATSError) {
        try await settle(message, Acknowledgement.terminated, notAfter)
    }

    private func settle(_ message: PulledMessage, _ data: [UInt8], _ notAfter: Instant?) async throws(NATSError) {
        _ = try await request(message.reply, data: data, notAfter: notAfter)
    }
}
