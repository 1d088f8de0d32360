// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import NIOCore

/// Sends a body that is produced piece by piece.
public struct HTTPBodyWriter: Sendable {
    let body: OutboundBody
    /// How many bytes go out in a second; nil for as many as the peer takes.
    private let bytesPerSecond: Int?

    init(body: OutboundBody, bytesPerSecond: Int? = nil) {
        self.body = body
        self.bytesPerSecond = bytesPerSecond
    }

    /// The same, so many bytes a second at most.
    func slowed(to bytesPerSecond: Int) -> HTTPBodyWriter {
        HTTPBodyWriter(body: body, bytesPerSecond: min(bytesPerSecond, self.bytesPerSecond ?? .max))
    }

    /// Sends a piece and suspends while the peer is slow, so that nothing piles up.
    ///
    /// - Throws: ``ApusCore/CallFailure`` when the peer is gone or the task is cancelled.
    public func write(_ chunk: ByteBuffer) async throws(CallFailure) {
        guard let bytesPerSecond else { return try await body.write(chunk) }
        var rest = chunk
        while let piece = rest.readSlice(length: min(max(1, bytesPerSecond / 20), rest.readableBytes)),
            piece.readableBytes > 0
        {
            do {
                try await Task.sleep(
                    for: .nanoseconds(1_000_000_000 * Int64(piece.readableBytes) / Int64(bytesPerSecond)))
            } catch {
                throw CallFailure(
                    .cancelled, "sending the body was cancelled", stage: .request, mayHaveReachedPeer: true)
            }
            try await body.write(piece)
        }
    }

    /// Sends text as UTF-8, under the same rules as a piece of bytes.
    public func write(_ text: String) async throws(CallFailure) {
        try await write(ByteBuffer(string: text))
    }
}
