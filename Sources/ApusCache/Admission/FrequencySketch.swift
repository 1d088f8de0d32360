// SPDX-License-Identifier: Apache-2.0

/// How often keys were asked for lately, in 4 bits each: a count-min sketch that ages.
///
/// A key has four counters, one in each quarter of a block of 64 bytes, so that counting touches one cache line; its
/// frequency is the least of them. When as many keys were counted as the sample holds, every counter is halved: what was
/// popular once gives way. It never counts too little by collisions, only too much, and never above 15.
///
/// Source: Einziger, Friedman, Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", ACM ToS 2017.
@usableFromInline
struct FrequencySketch: Sendable {
    /// 16 counters in each word, eight words in each block. A power of two.
    @usableFromInline var words: [UInt64]
    @usableFromInline var blockMask: Int
    /// How many keys were counted since the last halving, those before it weighted by a half.
    @usableFromInline var counted = 0
    /// At how many it halves.
    @usableFromInline var sample: Int

    /// 32 bytes for each entry at least: with a quarter of that the counters are so full that a Zipf trace hits a point less.
    @usableFromInline static var wordsPerEntry: Int { 4 }

    /// A sketch for a cache of `entries` entries. It remembers ten times as many requests.
    @inlinable
    init(entries: Int) {
        var size = 8
        while size < entries * Self.wordsPerEntry { size *= 2 }
        words = [UInt64](repeating: 0, count: size)
        blockMask = size / 8 - 1
        sample = max(entries, 8).multipliedReportingOverflow(by: 10).partialValue
    }

    /// How many entries it is made for.
    @inlinable var entries: Int { words.count / Self.wordsPerEntry }

    /// Doubles until it serves `entries`, keeping what it knows: each half starts as a copy of the whole.
    @inlinable
    mutating func grow(to entries: Int) {
        while words.count < entries * Self.wordsPerEntry { words += words }
        blockMask = words.count / 8 - 1
        sample = max(sample, entries * 10)
    }

    /// Counts the key with this hash.
    @inlinable
    mutating func increment(_ hash: Int) {
        let mixed = Self.mix(hash)
        let block = (Int(truncatingIfNeeded: mixed >> 40) & blockMask) &* 8
        words.withUnsafeMutableBufferPointer { words in
            for row in 0..<4 {
                let (word, shift) = Self.place(mixed, row)
                if (words[block &+ word] >> shift) & 15 != 15 { words[block &+ word] &+= 1 << shift }
            }
        }
        counted &+= 1
        if counted >= sample { age() }
    }

    /// How often the key with this hash was counted lately, 0 to 15.
    @inlinable
    func frequency(_ hash: Int) -> Int {
        let mixed = Self.mix(hash)
        let block = (Int(truncatingIfNeeded: mixed >> 40) & blockMask) &* 8
        var least: UInt64 = 15
        for row in 0..<4 {
            let (word, shift) = Self.place(mixed, row)
            least = min(least, (words[block &+ word] >> shift) & 15)
        }
        return Int(least)
    }

    /// Halves all counters.
    @inlinable
    mutating func age() {
        for index in words.indices { words[index] = (words[index] >> 1) & 0x7777_7777_7777_7777 }
        counted /= 2
    }

    /// The hash chooses the shard by its upper bits; all of them have a say here.
    @inlinable
    static func mix(_ hash: Int) -> UInt64 {
        var mixed = UInt64(bitPattern: Int64(hash)) &* 0x9E37_79B9_7F4A_7C15
        mixed ^= mixed >> 32
        mixed = mixed &* 0xD6E8_FEB8_6659_FD93
        return mixed ^ (mixed >> 32)
    }

    /// The word within the block, and the bit within the word, of a key's counter in a row.
    @inlinable
    static func place(_ mixed: UInt64, _ row: Int) -> (word: Int, shift: UInt64) {
        let byte = mixed >> UInt64(row &* 8)
        return (row &* 2 &+ Int(byte & 1), ((byte >> 1) & 15) &* 4)
    }
}
