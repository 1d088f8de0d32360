// SPDX-License-Identifier: Apache-2.0

/// A strict reader of JSON text (RFC 8259) that says where and why it fails.
///
/// A name that stands twice in one object is refused too (RFC 7493, 2.3): readers differ in which of them they take, and
/// what one of them has checked another would not use.
public struct JSONParser {
    /// Containers within containers, at most.
    public static let maximumDepth = 64

    private let text: UnsafeRawBufferPointer
    private var position = 0
    private var depth = 0

    private init(_ text: UnsafeRawBufferPointer) {
        self.text = text
    }

    /// The document that `bytes` hold.
    ///
    /// - Throws: ``JSONSyntaxError`` at the first byte that can't be JSON.
    public static func parse(_ bytes: some Sequence<UInt8>) throws(JSONSyntaxError) -> JSONValue {
        try Array(bytes).withUnsafeBufferPointer { (text) throws(JSONSyntaxError) in
            try parse(UnsafeRawBufferPointer(text))
        }
    }

    /// The document that `text` holds.
    ///
    /// - Throws: ``JSONSyntaxError`` at the first byte that can't be JSON.
    public static func parse(_ text: UnsafeRawBufferPointer) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONParser(text)
        parser.skipSpace()
        let value = try parser.value()
        parser.skipSpace()
        guard parser.position == text.count else { throw parser.failure("unexpected text after the document") }
        return value
    }

    private func failure(_ reason: String, at offset: Int? = nil) -> JSONSyntaxError {
        JSONSyntaxError(at: offset ?? position, of: text, reason)
    }

    private var current: UInt8? { position < text.count ? text[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        guard let byte = current else { throw failure("the text ends where a value is expected") }
        switch byte {
        case UInt8(ascii: "{"): return try nested { (parser) throws(JSONSyntaxError) in try parser.object() }
        case UInt8(ascii: "["): return try nested { (parser) throws(JSONSyntaxError) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "'"): throw failure("strings stand in double quotation marks")
        default: throw failure("a value is expected")
        }
    }

    private mutating func nested(
        _ read: (inout JSONParser) throws(JSONSyntaxError) -> JSONValue
    ) throws(JSONSyntaxError) -> JSONValue {
        guard depth < Self.maximumDepth else { throw failure("more than \(Self.maximumDepth) levels") }
        depth += 1
        defer { depth -= 1 }
        position += 1
        skipSpace()
        return try read(&self)
    }

    private mutating func object() throws(JSONSyntaxError) -> JSONValue {
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            guard current == UInt8(ascii: "\"") else { throw failure("a member's name in quotation marks is expected") }
            let opening = position
            let name = try string()
            guard Self.isNew(name, among: members, &names) else {
                throw failure("the object has a member of this name already", at: opening)
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("':' is expected after a member's name") }
            skipSpace()
            members.append(.init(name, try value()))
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw failure("',' or '}' is expected") }
            skipSpace()
        }
    }

    /// Whether none of `members` has the name. Small objects are searched; of larger ones `names` holds the names.
    private static func isNew(
        _ name: String, among members: [JSONValue.Member], _ names: inout Set<String>
    ) -> Bool {
        guard members.count >= 16 else { return !members.contains { $0.name == name } }
        if names.isEmpty { names = Set(members.map(\.name)) }
        return names.insert(name).inserted
    }

    private mutating func array() throws(JSONSyntaxError) -> JSONValue {
        var elements: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            elements.append(try value())
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw failure("',' or ']' is expected") }
            skipSpace()
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        for index in 0..<word.utf8CodeUnitCount where !take(word.utf8Start[index]) {
            throw failure("'\(word)' is expected")
        }
        return value
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = position
        var isInteger = true
        _ = take(UInt8(ascii: "-"))
        if take(UInt8(ascii: "0")) {
            if let byte = current, isDigit(byte) { throw failure("a number doesn't begin with 0") }
        } else {
            try digits()
        }
        if take(UInt8(ascii: ".")) {
            isInteger = false
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        let written = String(decoding: text[start..<position], as: UTF8.self)
        if isInteger, let integer = Int(written) { return .integer(integer) }
        guard let number = Double(written), number.isFinite else { throw failure("the number is too large", at: start) }
        return .number(number)
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private mutating func digits() throws(JSONSyntaxError) {
        guard let byte = current, isDigit(byte) else { throw failure("a digit is expected") }
        while let byte = current, isDigit(byte) { position += 1 }
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        let opening = position
        position += 1
        var bytes: [UInt8] = []
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let string = String(validating: bytes, as: UTF8.self) else {
                    throw failure("the string is not valid UTF-8", at: opening)
                }
                return string
            case UInt8(ascii: "\\"):
                bytes.append(contentsOf: try escape().utf8)
            case 0..<0x20:
                throw failure("a control character in a string must be escaped")
            default:
                bytes.append(byte)
                position += 1
            }
        }
        throw failure("the string that begins here has no end", at: opening)
    }

    private mutating func escape() throws(JSONSyntaxError) -> String {
        let start = position
        position += 1
        guard let kind = current else { throw failure("the text ends in an escape") }
        position += 1
        switch kind {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let first = try fourDigits()
            if let scalar = Unicode.Scalar(first) { return String(Character(scalar)) }
            if (0xD800..<0xDC00).contains(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
                let second = try fourDigits()
                if (0xDC00..<0xE000).contains(second),
                    let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
                {
                    return String(Character(scalar))
                }
            }
            throw failure("a surrogate without its other half", at: start)
        default: throw failure("unknown escape", at: start)
        }
    }

    private mutating func fourDigits() throws(JSONSyntaxError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("four hexadecimal digits are expected")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
