// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A log target that keeps what it is given, for tests and for a page that shows the last lines.
///
/// Bounded: at most `limit` bytes are kept, and what comes later is dropped and reported to the sink as lost.
public final class MemoryLogTarget: LogTarget {
    private let kept = Mutex<[UInt8]>([])
    private let limit: Int

    /// - Parameter limit: the most bytes that are kept, 16 MiB by default.
    public init(limit: Int = 16 << 20) {
        self.limit = limit
    }

    /// Keeps the beginning of `bytes` for which there is room.
    public func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        kept.withLock { kept in
            let room = min(bytes.count, limit - kept.count)
            kept.append(contentsOf: bytes.prefix(room))
            return room
        }
    }

    /// Everything written so far.
    public var text: String {
        String(decoding: kept.withLock { $0 }, as: UTF8.self)
    }

    /// The lines written so far, without their line ends.
    public var lines: [String] {
        text.split(separator: "\n").map(String.init)
    }
}
