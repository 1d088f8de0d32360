// SPDX-License-Identifier: Apache-2.0

/// Reads JSON text strictly (RFC 8259) and notes where each value stands, without making anything of the values.
///
/// Works without recursion. Time and memory are linear in the length of the text. The nodes are for the caller to
/// deallocate, also when the text is refused.
struct JSONScanner {
    private let text: UnsafeRawBufferPointer
    private let maximumDepth: Int
    private var position = 0
    private var depth = 0
    /// The container whose elements are being read; while it is open, its `next` is the one around it.
    private var open = Self.none
    /// The names of open objects that have many.
    private var names: [UInt32: Set<String>] = [:]
    private(set) var nodes: JSONNodes

    private static let none = UInt32.max
    /// Objects with more members get a set of their names.
    private static let searchedMembers = 16

    init(_ text: UnsafeRawBufferPointer, maximumDepth: Int) {
        self.text = text
        self.maximumDepth = maximumDepth
        // Values and names are rarely shorter than six bytes, with what is between them.
        nodes = JSONNodes(capacity: min(text.count / 6 + 8, 4096))
    }

    /// Reads the whole text.
    ///
    /// - Throws: at the first byte that can't be JSON.
    mutating func scan() throws(JSONSyntaxError) {
        guard text.count < Int(UInt32.max) else { throw JSONSyntaxError(at: 0, of: text, "the text is too long") }
        skipSpace()
        while true {
            try value()
            while true {
                skipSpace()
                guard open != Self.none else {
                    guard position == text.count else { throw failure("unexpected text after the document") }
                    return
                }
                if nodes[Int(open)].kind == .object {
                    if take(UInt8(ascii: "}")) {
                        close()
                        continue
                    }
                    guard take(UInt8(ascii: ",")) else { throw failure("',' or '}' is expected") }
                    skipSpace()
                    try name()
                } else {
                    if take(UInt8(ascii: "]")) {
                        close()
                        continue
                    }
                    guard take(UInt8(ascii: ",")) else { throw failure("',' or ']' is expected") }
                    skipSpace()
                }
                break
            }
        }
    }

    private func failure(_ reason: String, at offset: Int? = nil) -> JSONSyntaxError {
        JSONSyntaxError(at: offset ?? position, of: text, reason)
    }

    private var current: UInt8? { position < text.count ? text[position] : nil }

    @inline(__always)
    private mutating func skipSpace() {
        if position < text.count, text[position] > 0x20 { return }
        skipSpaces()
    }

    private mutating func skipSpaces() {
        while let byte = current, byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    @inline(__always)
    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    /// Notes a value inside of the open container.
    @inline(__always)
    private mutating func append(_ node: JSONNode) {
        var node = node
        node.next = UInt32(truncatingIfNeeded: nodes.count + 1)
        nodes.append(node)
        if open != Self.none { nodes[Int(open)].length += 1 }
    }

    // MARK: Values

    /// Reads a value; of a container that isn't empty as much as comes before its first value.
    private mutating func value() throws(JSONSyntaxError) {
        while true {
            guard let byte = current else { throw failure("the text ends where a value is expected") }
            switch byte {
            case UInt8(ascii: "\""): append(try string(.string))
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): append(try number())
            case UInt8(ascii: "{"):
                try begin(.object)
                if take(UInt8(ascii: "}")) {
                    close()
                } else {
                    try name()
                    continue
                }
            case UInt8(ascii: "["):
                try begin(.array)
                if take(UInt8(ascii: "]")) { close() } else { continue }
            case UInt8(ascii: "t"): try word("true", .true)
            case UInt8(ascii: "f"): try word("false", .false)
            case UInt8(ascii: "n"): try word("null", .null)
            case UInt8(ascii: "'"): throw failure("strings stand in double quotation marks")
            default: throw failure("a value is expected")
            }
            return
        }
    }

    private mutating func begin(_ kind: JSONNode.Kind) throws(JSONSyntaxError) {
        guard depth < maximumDepth else { throw failure("more than \(maximumDepth) levels") }
        depth += 1
        append(JSONNode(kind, at: position))
        let index = nodes.count - 1
        nodes[index].next = open
        open = UInt32(truncatingIfNeeded: index)
        position += 1
        skipSpace()
    }

    private mutating func close() {
        let index = Int(open)
        if !names.isEmpty { names[open] = nil }
        open = nodes[index].next
        nodes[index].next = UInt32(truncatingIfNeeded: nodes.count)
        depth -= 1
    }

    private mutating func word(_ word: StaticString, _ kind: JSONNode.Kind) throws(JSONSyntaxError) {
        let node = JSONNode(kind, at: position)
        for index in 0..<word.utf8CodeUnitCount where !take(word.utf8Start[index]) {
            throw failure("'\(word)' is expected")
        }
        append(node)
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONNode {
        var node = JSONNode(.number, at: position)
        let start = position
        var hasExponent = false
        _ = take(UInt8(ascii: "-"))
        if take(UInt8(ascii: "0")) {
            if let byte = current, isDigit(byte) { throw failure("a number doesn't begin with 0") }
        } else {
            try digits()
        }
        if take(UInt8(ascii: ".")) {
            node.isSpecial = true
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            node.isSpecial = true
            hasExponent = true
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        node.length = UInt32(truncatingIfNeeded: position - start)
        // Shorter ones without an exponent are below the greatest Double, which has 309 digits.
        if hasExponent || node.length > 300, JSONNumber.double(text[start..<position]) == nil {
            throw failure("the number is too large", at: start)
        }
        return node
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private mutating func digits() throws(JSONSyntaxError) {
        guard let byte = current, isDigit(byte) else { throw failure("a digit is expected") }
        var index = position + 1
        while index < text.count, isDigit(text[index]) { index += 1 }
        position = index
    }

    // MARK: Names

    private mutating func name() throws(JSONSyntaxError) {
        guard current == UInt8(ascii: "\"") else { throw failure("a member's name in quotation marks is expected") }
        let opening = position
        var node = try string(.name)
        node.next = open
        guard isNew(node) else { throw failure("the object has a member of this name already", at: opening) }
        nodes.append(node)
        skipSpace()
        guard take(UInt8(ascii: ":")) else { throw failure("':' is expected after a member's name") }
        skipSpace()
    }

    /// Whether no member of the open object has the name. Small objects are searched; of larger ones there is a set.
    private mutating func isNew(_ name: JSONNode) -> Bool {
        guard nodes[Int(open)].length >= Self.searchedMembers else {
            var index = Int(open) + 1
            while index < nodes.count {
                if nodes[index].hasSameText(as: name, in: text) { return false }
                index = Int(nodes[index + 1].next)
            }
            return true
        }
        var known = names.removeValue(forKey: open) ?? namesOfOpenObject()
        let isNew = known.insert(name.string(in: text)).inserted
        names[open] = known
        return isNew
    }

    private func namesOfOpenObject() -> Set<String> {
        var names: Set<String> = []
        var index = Int(open) + 1
        while index < nodes.count {
            names.insert(nodes[index].string(in: text))
            index = Int(nodes[index + 1].next)
        }
        return names
    }

    // MARK: Strings

    private mutating func string(_ kind: JSONNode.Kind) throws(JSONSyntaxError) -> JSONNode {
        let opening = position
        position += 1
        var node = JSONNode(kind, at: position)
        var all: UInt8 = 0
        while true {
            all |= skipPlain()
            guard let byte = current else { break }
            switch byte {
            case UInt8(ascii: "\""):
                node.length = UInt32(truncatingIfNeeded: position - opening - 1)
                node.isASCII = all < 0x80
                position += 1
                guard node.isASCII || JSONString.isUTF8(node.bytes(in: text)) else {
                    throw failure("the string is not valid UTF-8", at: opening)
                }
                return node
            case UInt8(ascii: "\\"):
                node.isSpecial = true
                try escape()
            default:
                throw failure("a control character in a string must be escaped")
            }
        }
        throw failure("the string that begins here has no end", at: opening)
    }

    /// Passes the characters that stand for themselves, and returns all their bits.
    @inline(__always)
    private mutating func skipPlain() -> UInt8 {
        // In local variables: as properties they would be stored for each byte.
        let bytes = UnsafeRawBufferPointer(rebasing: text[position...])
        var all: UInt8 = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            guard byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { break }
            all |= byte
            index += 1
        }
        position += index
        return all
    }

    private mutating func escape() throws(JSONSyntaxError) {
        let start = position
        position += 1
        guard let kind = current else { throw failure("the text ends in an escape") }
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return
        case UInt8(ascii: "u"):
            let first = try fourDigits()
            if !(0xD800..<0xE000).contains(first) { return }
            if first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")),
                (0xDC00..<0xE000).contains(try fourDigits())
            {
                return
            }
            throw failure("a surrogate without its other half", at: start)
        default: throw failure("unknown escape", at: start)
        }
    }

    private mutating func fourDigits() throws(JSONSyntaxError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = JSONString.hexadecimal(byte) else {
                throw failure("four hexadecimal digits are expected")
            }
            value = value << 4 | digit
            position += 1
        }
        return value
    }
}
