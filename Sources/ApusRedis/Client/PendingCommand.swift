// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore

/// One command, or several that are sent in one piece, from its caller to its reply.
///
/// Made by the caller, then the event loop's alone. Its place among those that were sent stays until its last reply has
/// come, whether anyone still waits or not: that keeps the pipeline in step.
final class PendingCommand: @unchecked Sendable {
    // Sendable so that it can be handed to its loop.
    typealias Outcome = Result<RedisValue, RedisError>

    let piece: RedisPiece
    /// How many replies it gets.
    private let expected: Int
    let deadline: Instant
    /// About how many bytes it has on the wire.
    let size: Int
    /// Who is told. Set by the caller before the command is submitted.
    var receiver: Receiver?

    enum Receiver {
        /// A task that waits.
        case task(UnsafeContinuation<Outcome, Never>)
        /// Called on the loop.
        case call(@Sendable (Outcome) -> Void)
    }

    /// Whether its caller has its outcome.
    private(set) var isDone = false
    private(set) var wasSent = false
    private var isAccepted = false
    private var isCancelled = false
    private var replies: [RedisValue] = []
    private var received = 0

    init(_ piece: RedisPiece, deadline: Instant) {
        self.piece = piece
        self.deadline = deadline
        expected = piece.replies
        size = piece.size
    }

    /// The loop has it.
    func accept() {
        isAccepted = true
        if isCancelled { finish(.failure(.cancelled(wasSent: false))) }
    }

    /// The caller's task was cancelled, perhaps before the loop has the command.
    func cancel() {
        isCancelled = true
        if isAccepted { finish(.failure(.cancelled(wasSent: wasSent))) }
    }

    func write(to buffer: inout ByteBuffer) {
        wasSent = true
        piece.write(to: &buffer)
    }

    /// Whether the next reply is its last.
    var expectsLastReply: Bool { received == expected - 1 }

    /// Takes a reply; the last one is told to the caller.
    func receive(_ reply: RedisValue) {
        guard expected == 1 else {
            if received == 0 { replies.reserveCapacity(expected) }
            received += 1
            if !isDone { replies.append(reply) }
            if received == expected { finish(.success(.array(replies))) }
            return
        }
        if case .error(let error) = reply {
            finish(.failure(.server(error)))
        } else {
            finish(.success(reply))
        }
    }

    /// Tells the caller, the first time only.
    func finish(_ outcome: Outcome) {
        guard !isDone else { return }
        isDone = true
        replies = []
        defer { receiver = nil }
        switch receiver {
        case .task(let continuation): continuation.resume(returning: outcome)
        case .call(let done): done(outcome)
        case nil: break
        }
    }
}
