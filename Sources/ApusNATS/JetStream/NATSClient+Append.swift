// SPDX-License-Identifier: Apache-2.0
internal import ApusContract
public import ApusCore

extension NATSClient {
    /// Appends a message to the stream that keeps its subject, and waits until it is stored.
    ///
    /// Appends of different callers are under way at the same time; each is acknowledged by itself.
    ///
    /// - Parameters:
    ///   - id: the same id again within the stream's duplicate window has no effect.
    ///   - expected: the number of the last message of the subject, 0 for none: if it is another one, nothing is stored.
    ///   - deadline: nil for the configuration's request timeout.
    /// - Throws: `noResponders` if no stream keeps the subject, `full` if it keeps what it has, `conflict` if another
    ///   message came before, `tooLarge`, `server` with JetStream's reason, and what
    ///   ``request(_:headers:data:deadline:notAfter:)`` throws.
    @discardableResult
    public func append(
        _ data: [UInt8], to subject: String, id: String? = nil, headers: [NATSHeader] = [],
        expected: UInt64? = nil, deadline: Instant? = nil
    ) async throws(NATSError) -> AppendResult {
        var headers = headers
        if let id { headers.append(NATSHeader("Nats-Msg-Id", id)) }
        if let expected { headers.append(NATSHeader("Nats-Expected-Last-Subject-Sequence", "\(expected)")) }
        let answer = try await request(subject, headers: headers, data: data, deadline: deadline)
        let document = try Self.document(answer, of: "an append")
        guard let stream = document["stream"]?.text, let sequence = document["seq"]?.sequence else {
            throw .unexpected("an append")
        }
        return AppendResult(
            stream: stream, sequence: sequence, isDuplicate: document["duplicate"] == .boolean(true))
    }
}
