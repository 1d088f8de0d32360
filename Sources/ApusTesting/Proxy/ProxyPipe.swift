// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// One direction of a connection through a ``FaultProxy``: what was read and is to be written when it is due.
struct ProxyPipe {
    /// Bytes held at most, and one read beyond.
    static let capacity = 256 << 10

    private var pieces: [(due: Instant, bytes: ArraySlice<UInt8>)] = []
    private var held = 0
    /// Whether the side that is read from says no more.
    var hasEnded = false
    /// Whether the side that is written to was told so.
    var isShut = false

    var hasRoom: Bool { !hasEnded && held < Self.capacity }
    var isEmpty: Bool { pieces.isEmpty }
    /// When something is to be written next.
    var nextDue: Instant? { pieces.first?.due }

    /// Adds a piece, not to be written before those that came earlier.
    mutating func append(_ bytes: ArraySlice<UInt8>, due: Instant) {
        guard !bytes.isEmpty else { return }
        held += bytes.count
        pieces.append((max(due, pieces.last?.due ?? due), bytes))
    }

    /// Writes what is due.
    ///
    /// - Parameter write: gives how many bytes were taken, 0 if none are at this time, or less if the side is gone.
    /// - Returns: whether the side is still there.
    mutating func flush(at now: Instant, _ write: (ArraySlice<UInt8>) -> Int) -> Bool {
        while let (due, bytes) = pieces.first, due <= now {
            let count = write(bytes)
            if count < 0 { return false }
            if count == 0 { return true }
            held -= count
            if count == bytes.count { pieces.removeFirst() } else { pieces[0].bytes = bytes.dropFirst(count) }
        }
        return true
    }
}
