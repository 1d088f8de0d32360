// SPDX-License-Identifier: Apache-2.0

extension LineBuffer {
    /// How text is made safe.
    enum Escaping {
        /// The inside of a JSON string.
        case json
        /// For a terminal: control characters only.
        case controls
    }

    /// Appends `text` so that it can neither end the line nor a JSON string, nor steer a terminal.
    ///
    /// Escaped are control characters (C0, DEL, C1), the line and paragraph separators and the marks that turn the
    /// writing direction; with `.json`, quotes and backslashes too. Cut at a character's border where the line's limit
    /// is reached.
    mutating func append(_ text: String, escaping: Escaping) {
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable {
            append(UnsafeRawBufferPointer($0), escaping: escaping)
        }
        if isDone == nil {
            var copy = text
            copy.withUTF8 { append(UnsafeRawBufferPointer($0), escaping: escaping) }
        }
    }

    /// Appends valid UTF-8.
    private mutating func append(_ utf8: UnsafeRawBufferPointer, escaping: Escaping) {
        guard let source = utf8.baseAddress else { return }
        var length = utf8.count
        if length > remaining {
            length = remaining
            while length > 0 && utf8[length] & 0xC0 == 0x80 { length -= 1 }
        }
        reserve(length + 8)
        if !copyPlain(source, length) { appendWithCare(source, length, escaping) }
        if length < utf8.count {
            append("…")
            markCut()
        }
    }

    /// Copies `length` bytes, for which there is room, if they are all printable ASCII without quote or backslash.
    ///
    /// Eight at a time; the last eight may overlap those before. What was copied before something special was met
    /// counts for nothing.
    @inline(__always)
    private mutating func copyPlain(_ source: UnsafeRawPointer, _ length: Int) -> Bool {
        let target = free
        if length >= 8 {
            var index = 0
            while index < length {
                let offset = min(index, length - 8)
                let word = source.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                if Self.needsCare(word) { return false }
                target.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
                index += 8
            }
        } else if length >= 4 {
            let first = source.loadUnaligned(as: UInt32.self)
            let last = source.loadUnaligned(fromByteOffset: length - 4, as: UInt32.self)
            if Self.needsCare(UInt64(first) | UInt64(last) << 32) { return false }
            target.storeBytes(of: first, as: UInt32.self)
            target.storeBytes(of: last, toByteOffset: length - 4, as: UInt32.self)
        } else {
            // Spaces where nothing is.
            var word: UInt64 = 0x2020_2020_2020_2020
            for index in 0..<length {
                let byte = source.load(fromByteOffset: index, as: UInt8.self)
                word = word << 8 | UInt64(byte)
                target.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
            }
            if Self.needsCare(word) { return false }
        }
        advance(by: length)
        return true
    }

    /// Copies plain stretches and escapes what lies between.
    private mutating func appendWithCare(_ source: UnsafeRawPointer, _ length: Int, _ escaping: Escaping) {
        var index = 0
        while index < length {
            let stop = min(index + 8, length)
            if index + 8 <= length {
                let word = source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                if !Self.needsCare(word) {
                    reserve(8)
                    free.storeBytes(of: word, as: UInt64.self)
                    advance(by: 8)
                    index = stop
                    continue
                }
            }
            while index < stop {
                index += appendCharacter(source + index, before: length - index, escaping)
            }
        }
    }

    /// Appends the character or byte at `source`; returns how many bytes of it were used.
    @inline(__always)
    private mutating func appendCharacter(
        _ source: UnsafeRawPointer, before rest: Int, _ escaping: Escaping
    ) -> Int {
        let byte = source.load(as: UInt8.self)
        switch byte {
        case 0x20...0x7E:
            if escaping == .json && (byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")) {
                append(UInt8(ascii: "\\"))
            }
            append(byte)
            return 1
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        case 0..<0x20, 0x7F: appendEscape(UInt32(byte))
        case 0xC2 where rest >= 2:
            let second = (source + 1).load(as: UInt8.self)
            guard second < 0xA0 else { break }
            appendEscape(UInt32(second))
            return 2
        case 0xE2 where rest >= 3:
            let scalar =
                0x2000 | UInt32((source + 1).load(as: UInt8.self) & 0x3F) << 6
                | UInt32((source + 2).load(as: UInt8.self) & 0x3F)
            guard Self.isSteering(scalar) else { break }
            appendEscape(scalar)
            return 3
        default: break
        }
        if byte >= 0x80 { append(byte) }
        return 1
    }

    /// Line separators and marks of the writing direction.
    private static func isSteering(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private mutating func appendEscape(_ scalar: UInt32) {
        append("\\u")
        for shift in stride(from: 12, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: scalar >> shift) & 0xF
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }

    /// Whether one of the eight bytes is below 0x20, above 0x7E, a quote or a backslash.
    @inline(__always)
    private static func needsCare(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let delete = word ^ (ones &* 0x7F)
        let found =
            (word &- ones &* 0x20) | (quote &- ones) | (backslash &- ones) | (delete &- ones) | word
        return found & highs != 0
    }
}
