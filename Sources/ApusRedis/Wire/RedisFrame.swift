// SPDX-License-Identifier: Apache-2.0

/// One or more commands as they are on the wire, written word by word: for what is sent so often that lists of words,
/// and texts put together for them, would be most of its cost.
///
/// Byte for byte what ``RedisCommand`` writes (the tests compare them).
struct RedisFrame: Sendable, Hashable {
    private(set) var bytes: [UInt8] = []
    /// How many commands were begun, each of which gets a reply.
    private(set) var commands = 0

    /// A frame with room for `capacity` bytes; it grows as needed.
    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    /// Begins a command that `words` words follow.
    mutating func command(_ name: String, words: Int) {
        commands += 1
        announce("*", words + 1)
        word(name)
    }

    /// A text, in up to three parts.
    mutating func word(_ first: String, _ second: String = "", _ third: String = "") {
        announce("$", first.utf8.count + second.utf8.count + third.utf8.count)
        bytes.append(contentsOf: first.utf8)
        if !second.isEmpty { bytes.append(contentsOf: second.utf8) }
        if !third.isEmpty { bytes.append(contentsOf: third.utf8) }
        lineEnd()
    }

    /// Bytes of any kind.
    mutating func word(_ content: ArraySlice<UInt8>) {
        announce("$", content.count)
        bytes.append(contentsOf: content)
        lineEnd()
    }

    /// `count` bytes of any kind, which `write` appends.
    mutating func word(_ count: Int, _ write: (inout [UInt8]) -> Void) {
        announce("$", count)
        write(&bytes)
        lineEnd()
    }

    /// A number that isn't negative, in decimal digits.
    mutating func word(_ number: Int) {
        var digits = 1
        var rest = number
        while rest >= 10 {
            digits += 1
            rest /= 10
        }
        announce("$", digits)
        decimal(number)
        lineEnd()
    }

    private mutating func announce(_ kind: Unicode.Scalar, _ count: Int) {
        guard count < 100 else {
            bytes.append(UInt8(ascii: kind))
            decimal(count)
            return lineEnd()
        }
        // Most are that small, and there are many.
        bytes.append(addingCapacity: 5) { output in
            output.append(UInt8(ascii: kind))
            if count >= 10 { output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: count / 10)) }
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: count % 10))
            output.append(UInt8(ascii: "\r"))
            output.append(UInt8(ascii: "\n"))
        }
    }

    private mutating func lineEnd() {
        bytes.append(addingCapacity: 2) { output in
            output.append(UInt8(ascii: "\r"))
            output.append(UInt8(ascii: "\n"))
        }
    }

    private mutating func decimal(_ number: Int) {
        if number >= 10 { decimal(number / 10) }
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
    }
}
