// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import NIOCore

/// Sends a body that is produced piece by piece.
public struct HTTPBodyWriter: Sendable {
    let body: OutboundBody

    /// Sends a piece and suspends while the peer is slow, so that nothing piles up.
    ///
    /// - Throws: ``ApusCore/CallFailure`` when the peer is gone or the task is cancelled.
    public func write(_ chunk: ByteBuffer) async throws(CallFailure) {
        try await body.write(chunk)
    }

    /// Sends text as UTF-8, under the same rules as a piece of bytes.
    public func write(_ text: String) async throws(CallFailure) {
        try await body.write(ByteBuffer(string: text))
    }
}
