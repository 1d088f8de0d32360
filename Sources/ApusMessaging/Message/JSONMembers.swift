// SPDX-License-Identifier: Apache-2.0
internal import ApusContract

/// The members of a JSON object with their values as the bytes in which they were written, so that a payload passes
/// through without being read and written again.
///
/// The document is valid JSON already, or was written by us: only the ends of values are looked for.
struct JSONMembers {
    private(set) var all: [(name: String, value: ArraySlice<UInt8>)] = []

    /// Nil unless `bytes` hold an object.
    init?(_ bytes: [UInt8]) {
        var position = Self.skipSpace(bytes, 0)
        guard position < bytes.count, bytes[position] == UInt8(ascii: "{") else { return nil }
        position = Self.skipSpace(bytes, position + 1)
        if position < bytes.count, bytes[position] == UInt8(ascii: "}") { return }
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "\""), let nameEnd = Self.end(bytes, position),
                let name = Self.text(bytes[position..<nameEnd])
            else { return nil }
            position = Self.skipSpace(bytes, nameEnd)
            guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else { return nil }
            position = Self.skipSpace(bytes, position + 1)
            guard let valueEnd = Self.end(bytes, position) else { return nil }
            all.append((name, bytes[position..<valueEnd]))
            position = Self.skipSpace(bytes, valueEnd)
            guard position < bytes.count else { return nil }
            if bytes[position] == UInt8(ascii: "}") { return }
            guard bytes[position] == UInt8(ascii: ",") else { return nil }
            position = Self.skipSpace(bytes, position + 1)
        }
        return nil
    }

    private static func text(_ quoted: ArraySlice<UInt8>) -> String? {
        if !quoted.contains(UInt8(ascii: "\\")) {
            return String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self)
        }
        do {
            return try JSONParser.parse(quoted).text
        } catch {
            return nil
        }
    }

    private static func skipSpace(_ bytes: [UInt8], _ start: Int) -> Int {
        var position = start
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
        return position
    }

    /// Where the value that begins at `start` ends; nil if it doesn't.
    private static func end(_ bytes: [UInt8], _ start: Int) -> Int? {
        var position = start
        var depth = 0
        var isInString = false
        while position < bytes.count {
            let byte = bytes[position]
            if isInString {
                if byte == UInt8(ascii: "\\") {
                    position += 1
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                    if depth == 0 { return position + 1 }
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""): isInString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    // The end of the object around a bare value.
                    if depth == 0 { return position > start ? position : nil }
                    depth -= 1
                    if depth == 0 { return position + 1 }
                case UInt8(ascii: ","), 0x20, 0x09, 0x0A, 0x0D:
                    if depth == 0 { return position > start ? position : nil }
                default: break
                }
            }
            position += 1
        }
        return nil
    }
}
