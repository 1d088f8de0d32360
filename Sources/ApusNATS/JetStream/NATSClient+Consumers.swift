// SPDX-License-Identifier: Apache-2.0
internal import ApusContract
public import ApusCore

extension NATSClient {
    /// Makes a consumer, or brings one that is there to this configuration.
    ///
    /// - Throws: `streamNotFound`, `server` with JetStream's reason if it can't be changed so, and what
    ///   ``request(_:headers:data:deadline:notAfter:)`` throws.
    public func makeConsumer(_ configuration: ConsumerConfiguration, of stream: String) async throws(NATSError) {
        _ = try await ask(
            "CONSUMER.DURABLE.CREATE.\(stream).\(configuration.name)",
            ["stream_name": .string(stream), "config": configuration.json])
    }

    /// The consumer at this moment.
    ///
    /// - Throws: `streamNotFound`, `consumerNotFound`, and what ``request(_:headers:data:deadline:notAfter:)`` throws.
    public func consumerState(_ consumer: String, of stream: String) async throws(NATSError) -> ConsumerState {
        let answer = try await ask("CONSUMER.INFO.\(stream).\(consumer)")
        var state = ConsumerState()
        state.waiting = answer["num_pending"]?.number ?? 0
        state.unacknowledged = answer["num_ack_pending"]?.number ?? 0
        state.pulls = answer["num_waiting"]?.number ?? 0
        state.acknowledgedSequence = answer["ack_floor"]?["stream_seq"]?.sequence ?? 0
        state.lease = .nanoseconds(answer["config"]?["ack_wait"]?.number ?? 0)
        return state
    }

    /// Removes a consumer; what it had in hand is its successor's.
    ///
    /// - Throws: `consumerNotFound`, and what ``request(_:headers:data:deadline:notAfter:)`` throws.
    public func removeConsumer(_ consumer: String, of stream: String) async throws(NATSError) {
        _ = try await ask("CONSUMER.DELETE.\(stream).\(consumer)")
    }

    /// Takes at most `limit` messages that are there now, oldest first.
    ///
    /// - Throws: `consumerNotFound` or `streamNotFound` if it is gone, `overloaded` if too many pulls wait at the server, and
    ///   what ``request(_:headers:data:deadline:notAfter:)`` throws.
    public func pull(
        _ limit: Int, from consumer: String, of stream: String, deadline: Instant? = nil
    ) async throws(NATSError) -> [PulledMessage] {
        try await pull(
            ["batch": .integer(limit), "no_wait": true], limit, consumer, stream, deadline: end(deadline))
    }

    /// Waits for the next message; nil if none comes within `wait`.
    ///
    /// Whoever is cancelled meanwhile leaves the message to others.
    ///
    /// - Throws: as ``pull(_:from:of:deadline:)``.
    public func next(
        from consumer: String, of stream: String, waiting wait: Duration
    ) async throws(NATSError) -> PulledMessage? {
        // The server ends the wait; a while later so does the client, should the server be gone.
        try await pull(
            ["batch": 1, "expires": .integer(Int(max(1_000_000, wait.nanoseconds)))], 1, consumer, stream,
            deadline: time.now.advanced(by: wait + configuration.requestTimeout)
        ).first
    }

    private func pull(
        _ body: JSONValue, _ limit: Int, _ consumer: String, _ stream: String, deadline: Instant
    ) async throws(NATSError) -> [PulledMessage] {
        let subject = "$JS.API.CONSUMER.MSG.NEXT.\(stream).\(consumer)"
        try check(subject, [], [])
        let answers: [NATSMessage]
        do throws(NATSError) {
            answers = try await link.request(
                subject, headers: [], data: body.bytes, wanted: limit, isPull: true, deadline: deadline)
        } catch {
            // A consumer that isn't there says nothing.
            if error.code == .timeout, error.mayHaveRun { try await checkConsumer(consumer, of: stream) }
            throw error
        }
        let messages = answers.compactMap(PulledMessage.init)
        if messages.isEmpty, let last = answers.last { try Self.check(status: last) }
        return messages
    }

    /// - Throws: `streamNotFound`, `consumerNotFound`; nothing if it can't be told within a moment.
    private func checkConsumer(_ consumer: String, of stream: String) async throws(NATSError) {
        do throws(NATSError) {
            _ = try await ask(
                "CONSUMER.INFO.\(stream).\(consumer)", deadline: time.now.advanced(by: .milliseconds(500)))
        } catch {
            if error.code == .consumerNotFound || error.code == .streamNotFound { throw error }
        }
    }

    /// What the server said in place of a message.
    private static func check(status message: NATSMessage) throws(NATSError) {
        let description = message.header("Description") ?? ""
        switch message.status {
        // Nothing is there, or nothing came in time.
        case 404, 408: return
        case 503: throw NATSError(.consumerNotFound, "the consumer is gone", mayHaveRun: false)
        case 409 where description.contains("Deleted"):
            throw NATSError(.consumerNotFound, "the consumer was removed", mayHaveRun: false)
        case 409 where description.contains("MaxWaiting"):
            throw NATSError(
                .overloaded, "too many pulls wait at the server", mayHaveRun: false, retryAfter: .seconds(1))
        case let status?:
            throw NATSError(.server, "the consumer answered: \(description)", serverCode: status, mayHaveRun: false)
        case nil: throw .unexpected("a pull")
        }
    }
}
