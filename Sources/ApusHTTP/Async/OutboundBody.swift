// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore

/// A body on its way out: a task writes, the loop sends, and the writer waits while the peer is slow.
final class OutboundBody: @unchecked Sendable {
    // Sendable because every access to the state happens on the loop.

    private let loop: Loop
    private let send: (ByteBuffer) -> Void
    private var isWritable: Bool
    private var failure: CallFailure?
    private var waiter: UnsafeContinuation<CallFailure?, Never>?
    private var isCancelled = false

    /// - Parameter send: Called on the loop.
    init(loop: Loop, isWritable: Bool, send: @escaping (ByteBuffer) -> Void) {
        self.loop = loop
        self.isWritable = isWritable
        self.send = send
    }

    // MARK: The loop's side

    func writabilityChanged(_ isWritable: Bool) {
        self.isWritable = isWritable
        if isWritable { wake(nil) }
    }

    func fail(_ failure: CallFailure) {
        self.failure = failure
        wake(failure)
    }

    private func wake(_ failure: CallFailure?) {
        let waiter = waiter
        self.waiter = nil
        waiter?.resume(returning: failure)
    }

    // MARK: The writer's side

    /// Waits until the peer takes bytes, then sends.
    func write(_ chunk: ByteBuffer) async throws(CallFailure) {
        if loop.isCurrent, isWritable, failure == nil, !Task.isCancelled { return send(chunk) }
        if let failure = await ready() { throw failure }
        if loop.isCurrent { return send(chunk) }
        await withUnsafeContinuation { continuation in
            loop.eventLoop.execute {
                self.send(chunk)
                continuation.resume()
            }
        }
    }

    private func ready() async -> CallFailure? {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                if loop.isCurrent { wait(continuation) } else { loop.eventLoop.execute { self.wait(continuation) } }
            }
        } onCancel: {
            loop.eventLoop.execute {
                self.isCancelled = true
                self.wake(Self.cancelled)
            }
        }
    }

    private func wait(_ continuation: UnsafeContinuation<CallFailure?, Never>) {
        if let failure {
            continuation.resume(returning: failure)
        } else if isCancelled || waiter != nil {
            continuation.resume(returning: Self.cancelled)
        } else if isWritable {
            continuation.resume(returning: nil)
        } else {
            waiter = continuation
        }
    }

    private static let cancelled = CallFailure(
        .cancelled, "sending the body was cancelled", stage: .request, mayHaveReachedPeer: true)
}
