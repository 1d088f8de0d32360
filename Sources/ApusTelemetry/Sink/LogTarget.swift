// SPDX-License-Identifier: Apache-2.0

/// Where a ``LogSink`` delivers its bytes: a file descriptor in production, memory in tests.
///
/// Called from the sink's own thread only, one call at a time; it may block.
public protocol LogTarget: Sendable {
    /// Writes the beginning of `bytes`, which are whole lines or parts of them, as they come.
    ///
    /// - Returns: how many bytes were written; zero if the target is broken, whereupon the sink gives these bytes up
    ///   and counts their lines as lost.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int
}
