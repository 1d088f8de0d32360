// SPDX-License-Identifier: Apache-2.0

/// Reads the lines `name: value` of a head or of trailers, strictly (RFC 9112, section 5).
///
/// Refused: space before the colon, folded lines, an empty name, and every control character but tab, CR and NUL above
/// all.
enum FieldParser {
    /// Parses from `start`, which is where a line begins, to the empty line that ends the block at the end of `bytes`.
    ///
    /// The offsets in the entries are those of `bytes`.
    static func parse(
        _ bytes: UnsafeRawBufferPointer, from start: Int, limit: Int
    ) throws(ProtocolError) -> [Headers.Entry] {
        var entries: [Headers.Entry] = []
        entries.reserveCapacity(12)
        let known = KnownHeaders.shared
        let end = bytes.count - 2
        var position = start
        while position < end {
            guard entries.count < limit else { throw .tooManyFields }
            let nameStart = position
            while CharacterClass.isToken(bytes[position]) { position += 1 }
            guard bytes[position] == UInt8(ascii: ":"), position > nameStart else {
                throw nameError(bytes, nameStart, position)
            }
            let nameLength = position - nameStart
            guard nameLength <= 256 else { throw .malformed("a header name is longer than 256 bytes") }
            position += 1
            while CharacterClass.isBlank(bytes[position]) { position += 1 }
            let valueStart = position
            while CharacterClass.isValue(bytes[position]) { position += 1 }
            guard bytes[position] == 0x0D, bytes[position + 1] == 0x0A else {
                throw .malformed("a header value holds a control character")
            }
            var valueEnd = position
            while valueEnd > valueStart, CharacterClass.isBlank(bytes[valueEnd - 1]) { valueEnd -= 1 }
            position += 2
            let name = UnsafeRawBufferPointer(rebasing: bytes[nameStart..<nameStart + nameLength])
            entries.append(
                Headers.Entry(
                    nameStart: UInt32(nameStart), valueStart: UInt32(valueStart), valueEnd: UInt32(valueEnd),
                    nameLength: UInt16(nameLength), token: known.token(of: name)))
        }
        return entries
    }

    private static func nameError(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ stop: Int) -> ProtocolError {
        if stop == start, CharacterClass.isBlank(bytes[start]) { return .malformed("a header line is folded") }
        if CharacterClass.isBlank(bytes[stop]) { return .malformed("there is a space before the colon of a header") }
        return .malformed("a header name is not a token")
    }
}
