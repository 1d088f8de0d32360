// SPDX-License-Identifier: Apache-2.0

/// Places for keys in groups of four, each of which is one line of the processor's cache.
///
/// Where nothing is, the key is 0. Places are numbered through, so that those from 4 n on are the line n.
struct RateLines: ~Copyable {
    /// A key and its arrival time.
    struct Slot {
        var key: UInt64 = 0
        var arrival: Int64 = 0
    }

    /// How many places a line has.
    static let width = 4
    /// How many lines there are.
    let count: Int
    private let slots: UnsafeMutablePointer<Slot>

    /// So many empty lines, at least 1.
    init(count: Int) {
        self.count = max(1, count)
        let places = self.count * Self.width
        let size = places * MemoryLayout<Slot>.stride
        // Written to at once, so that the system doesn't look for the memory while a request waits.
        slots = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: Self.width * MemoryLayout<Slot>.stride)
            .bindMemory(to: Slot.self, capacity: places)
        slots.initialize(repeating: Slot(), count: places)
    }

    deinit {
        slots.deallocate()
    }

    /// How many places there are.
    var places: Int { count * Self.width }

    /// Their memory, in bytes.
    var bytes: Int { places * MemoryLayout<Slot>.stride }

    subscript(_ place: Int) -> Slot {
        get {
            assert(place >= 0 && place < places)
            return slots[place]
        }
        nonmutating _modify {
            assert(place >= 0 && place < places)
            yield &slots[place]
        }
    }

    /// Where a key is; nil if it isn't.
    @inline(__always)
    func place(of key: UInt64) -> Int? {
        var line = home(of: key)
        while true {
            let index = index(of: key, in: line)
            if index < Self.width { return line * Self.width + index }
            // There always is a line with room.
            if hasRoom(in: line) { return nil }
            line = self.line(after: line)
        }
    }

    /// Where a key that isn't there belongs.
    func vacancy(for key: UInt64) -> Int {
        var line = home(of: key)
        while !hasRoom(in: line) { line = self.line(after: line) }
        return line * Self.width + index(of: 0, in: line)
    }

    /// The line in which the search for a key begins: the key's lower half as a fraction of the lines.
    @inline(__always)
    func home(of key: UInt64) -> Int {
        Int(truncatingIfNeeded: ((key & 0xFFFF_FFFF) &* UInt64(truncatingIfNeeded: count)) >> 32)
    }

    /// Which of the places of a line holds `key`, the first if several do; ``width`` if none does.
    ///
    /// Without a branch for each: which one it is can't be guessed, and a processor that guesses wrong waits for the memory
    /// instead of going on with what comes next.
    @inline(__always)
    private func index(of key: UInt64, in line: Int) -> Int {
        let first = slots + line * Self.width
        var bits: UInt = 1 << Self.width
        bits |= first[0].key == key ? 1 : 0
        bits |= first[1].key == key ? 2 : 0
        bits |= first[2].key == key ? 4 : 0
        bits |= first[3].key == key ? 8 : 0
        return bits.trailingZeroBitCount
    }

    /// Whether a line has a place left.
    func hasRoom(in line: Int) -> Bool { index(of: 0, in: line) < Self.width }

    /// The line that is searched after `line`.
    func line(after line: Int) -> Int { line + 1 < count ? line + 1 : 0 }

    /// How many lines lie between two, in the order of the search.
    func distance(from start: Int, to end: Int) -> Int { end >= start ? end - start : end + count - start }
}
