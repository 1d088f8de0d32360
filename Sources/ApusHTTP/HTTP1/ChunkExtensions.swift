// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// Checks chunk extensions (RFC 9112, section 7.1.1), which are then dropped:
/// `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )`.
enum ChunkExtensions {
    static func validate(_ bytes: ByteBufferView.SubSequence) throws(ProtocolError) {
        var rest = bytes
        while !rest.isEmpty {
            skipBlanks(&rest)
            guard rest.popFirst() == UInt8(ascii: ";") else {
                throw .chunk("a chunk's size is followed by more than extensions")
            }
            skipBlanks(&rest)
            try token(&rest)
            let beforeBlanks = rest
            skipBlanks(&rest)
            guard rest.first == UInt8(ascii: "=") else {
                rest = beforeBlanks
                continue
            }
            rest.removeFirst()
            skipBlanks(&rest)
            if rest.first == UInt8(ascii: "\"") { try quoted(&rest) } else { try token(&rest) }
        }
    }

    private static func skipBlanks(_ rest: inout ByteBufferView.SubSequence) {
        while let byte = rest.first, CharacterClass.isBlank(byte) { rest.removeFirst() }
    }

    private static func token(_ rest: inout ByteBufferView.SubSequence) throws(ProtocolError) {
        guard let first = rest.first, CharacterClass.isToken(first) else {
            throw .chunk("a chunk extension is not a token")
        }
        while let byte = rest.first, CharacterClass.isToken(byte) { rest.removeFirst() }
    }

    private static func quoted(_ rest: inout ByteBufferView.SubSequence) throws(ProtocolError) {
        rest.removeFirst()
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return }
            let character = byte == UInt8(ascii: "\\") ? rest.popFirst() : byte
            guard let character, CharacterClass.isValue(character) else { break }
        }
        throw .chunk("a quoted chunk extension doesn't end or holds a control character")
    }
}
