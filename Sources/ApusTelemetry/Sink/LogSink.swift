// SPDX-License-Identifier: Apache-2.0

/// A bounded buffer between those who log and the stream that the log goes to.
///
/// Appending copies the line under a short lock and never waits for the stream: a dedicated thread writes. When the
/// buffer is full, the line is dropped and counted, and as soon as what was before it is written, one line says how
/// many are missing at that place. Nothing is reordered.
///
/// Lines still in the buffer are lost when the process is killed or traps; ``flush(within:)`` before an orderly exit.
/// When the last reference goes, the thread writes what is left and ends.
public final class LogSink: Sendable {
    private let drain: LogDrain

    /// Starts the sink's thread.
    ///
    /// - Parameters:
    ///   - target: where the lines go.
    ///   - capacity: the most bytes that wait, those being written included; 1 MiB by default, at least 1.
    ///   - batchDelay: the pause between two writes in which lines are gathered, 5 ms by default. The first line after
    ///     a quiet time, an urgent one and a buffer half full don't wait for it.
    ///   - announcement: makes the line, line end included, that says how many are missing. Called on the sink's
    ///     thread.
    public init(
        target: some LogTarget, capacity: Int = 1 << 20, batchDelay: Duration = .milliseconds(5),
        announcement: @escaping @Sendable (_ lost: Int) -> String = { "\($0) log lines were dropped\n" }
    ) {
        drain = LogDrain(target: target, capacity: capacity, batchDelay: batchDelay, announcement: announcement)
        isRunning = drain.start()
    }

    deinit {
        drain.close()
    }

    /// Whether the system gave the sink its thread. Without one, lines fill the buffer and are then counted as lost.
    public let isRunning: Bool

    /// Takes a line, which ends with a line end. Never blocks on the target.
    ///
    /// - Parameter urgent: whether it should be written without waiting for company.
    /// - Returns: false if there was no room and the line is dropped.
    @discardableResult
    public func append(_ line: UnsafeRawBufferPointer, urgent: Bool = false) -> Bool {
        drain.append(line, urgent: urgent)
    }

    /// Takes a line, which ends with a line end. Never blocks on the target.
    @discardableResult
    public func append(_ line: String, urgent: Bool = false) -> Bool {
        var line = line
        return line.withUTF8 { append(UnsafeRawBufferPointer($0), urgent: urgent) }
    }

    /// How many lines were lost since the beginning, for want of room or because the target is broken.
    public var lostLines: Int { drain.lostLines }

    /// Blocks the calling thread until every line taken so far is written or lost, for at most `limit`; for the end of
    /// a process.
    ///
    /// - Returns: false if the time was over first.
    @discardableResult
    public func flush(within limit: Duration = .seconds(1)) -> Bool {
        drain.flush(within: limit)
    }
}
