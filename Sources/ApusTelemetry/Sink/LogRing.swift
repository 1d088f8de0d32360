// SPDX-License-Identifier: Apache-2.0

/// The bytes that wait to be written, and the count of lines for which there was no room.
///
/// A ring of fixed size. Positions count bytes since the beginning and never decrease; the producer copies lines in
/// behind
/// `end`, the drain writes from `start` without holding a lock, for no producer touches what lies between the two. A
/// ring that has run empty starts again at its first byte, so that a quiet log touches few pages.
struct LogRing: ~Copyable {
    /// What the drain does next.
    enum Step: Sendable {
        /// Nothing waits.
        case rest
        /// This many lines were lost right here; say so, then call ``LogRing/finishAnnouncement()`` or
        /// ``LogRing/giveUp(unannounced:)``.
        case announce(lost: Int)
        /// Write these bytes, then call ``LogRing/finish(_:)`` or ``LogRing/giveUp(unannounced:)``.
        case write(BorrowedBytes)
    }

    /// The most bytes that one write is given, so that room comes back piece by piece.
    static let largestWrite = 64 << 10

    let capacity: Int
    private let memory: UnsafeMutableRawPointer
    private(set) var start = 0
    private(set) var end = 0
    /// The position that lies at the ring's first byte.
    private var origin = 0
    /// Lines lost and not yet announced, and the position where the first of them would have stood.
    private(set) var lost = 0
    private var lossPosition = 0
    private var isBroken = false
    private var isAnnouncing = false
    /// Lines lost since the beginning.
    private(set) var totalLost = 0

    init(capacity: Int) {
        self.capacity = max(1, capacity)
        memory = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit {
        memory.deallocate()
    }

    /// Bytes waiting, those being written included.
    var count: Int { end - start }

    /// Whether lost lines are to be announced. Not while the target is broken: then the next success comes first.
    var owesAnnouncement: Bool { lost > 0 && !isBroken }

    /// Whether every loss that can be announced has been.
    var isAnnounced: Bool { !owesAnnouncement && !isAnnouncing }

    /// Whether the drain has nothing to do.
    var isDrained: Bool { start == end && isAnnounced }

    /// Takes a line, or counts it as lost if there is no room for all of it.
    mutating func append(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let source = line.baseAddress, line.count <= capacity - count else {
            if !line.isEmpty { lose() }
            return false
        }
        let offset = (end - origin) % capacity
        let first = min(line.count, capacity - offset)
        (memory + offset).copyMemory(from: source, byteCount: first)
        if first < line.count {
            memory.copyMemory(from: source + first, byteCount: line.count - first)
        }
        end += line.count
        return true
    }

    private mutating func lose() {
        if lost == 0 { lossPosition = end }
        lost += 1
        totalLost += 1
    }

    /// What the drain should do now.
    mutating func next() -> Step {
        if owesAnnouncement && start >= lossPosition {
            defer { lost = 0 }
            isAnnouncing = true
            return .announce(lost: lost)
        }
        guard start < end else {
            origin = end
            return .rest
        }
        let offset = (start - origin) % capacity
        let stop = owesAnnouncement ? lossPosition : end
        let length = min(stop - start, capacity - offset, Self.largestWrite)
        return .write(BorrowedBytes(UnsafeRawBufferPointer(start: memory + offset, count: length)))
    }

    /// The drain wrote `count` bytes.
    mutating func finish(_ count: Int) {
        start += count
        guard isBroken else { return }
        isBroken = false
        // Between two lines, wherever the write ended.
        lossPosition = end
    }

    /// The drain wrote the announcement.
    mutating func finishAnnouncement() {
        isAnnouncing = false
    }

    /// The target is broken: everything that waits is lost, and `unannounced` lines were not announced after all.
    mutating func giveUp(unannounced: Int = 0) {
        var lines = 0
        for position in start..<end
        where memory.load(fromByteOffset: (position - origin) % capacity, as: UInt8.self) == UInt8(ascii: "\n") {
            lines += 1
        }
        start = end
        lost += lines + unannounced
        totalLost += lines
        lossPosition = end
        isBroken = true
        isAnnouncing = false
    }
}
