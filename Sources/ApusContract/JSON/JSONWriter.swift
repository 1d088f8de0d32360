// SPDX-License-Identifier: Apache-2.0

/// Writes JSON text into a buffer, without a tree between.
///
/// The caller keeps the order: `beginObject`, then `name` and a value for each member, then `endObject`; `beginArray`,
/// then `element` and a value for each element, then `endArray`. Commas are placed by the writer.
public struct JSONWriter: Sendable {
    /// What was written so far, UTF-8.
    public private(set) var bytes: [UInt8]
    private var needsComma = false

    /// A writer with room for `capacity` bytes; it grows as needed.
    public init(capacity: Int = 256) {
        bytes = []
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    /// A writer that has written `text`, whose last is a value.
    init(value text: [UInt8]) {
        bytes = text
        needsComma = true
    }

    /// Opens an object.
    public mutating func beginObject() {
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    /// Closes the object that was opened last.
    public mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// Opens an array.
    public mutating func beginArray() {
        bytes.append(UInt8(ascii: "["))
        needsComma = false
    }

    /// Closes the array that was opened last.
    public mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Begins the next element of an array.
    public mutating func element() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    /// Begins the next member of an object.
    public mutating func name(_ name: String) {
        quote(name, afterComma: needsComma, isName: true)
    }

    /// Begins the next member of an object whose quoted name and colon were prepared by ``prepared(name:)``.
    @usableFromInline
    mutating func name(prepared: [UInt8]) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(contentsOf: prepared)
    }

    /// The bytes that ``name(prepared:)`` takes.
    @usableFromInline
    static func prepared(name: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.name(name)
        return writer.bytes
    }

    /// Writes the value null.
    public mutating func null() { raw("null") }

    /// Writes a boolean.
    public mutating func boolean(_ value: Bool) { raw(value ? "true" : "false") }

    /// Writes a number without fraction and exponent.
    public mutating func integer(_ value: Int) {
        digits(UInt64(value.magnitude), isNegative: value < 0)
    }

    /// Writes a number without fraction and exponent.
    mutating func integer(_ value: some FixedWidthInteger) {
        guard let magnitude = UInt64(exactly: value.magnitude) else { return raw("\(value)") }
        digits(magnitude, isNegative: value < 0)
    }

    private mutating func digits(_ value: UInt64, isNegative: Bool) {
        needsComma = true
        var magnitude = value
        if isNegative { bytes.append(UInt8(ascii: "-")) }
        if magnitude < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude))
            return
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var start = 20
            while magnitude > 0 {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
                magnitude /= 10
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
        }
    }

    /// The shortest text that reads back as `value`. JSON has no infinities: they, and "not a number", become null.
    public mutating func number(_ value: Double) {
        guard value.isFinite else { return null() }
        number(value, value.description)
    }

    /// The same for a number of less precision, whose text is shorter.
    mutating func number(_ value: Float) {
        guard value.isFinite else { return null() }
        number(Double(value), value.description)
    }

    private mutating func number(_ value: Double, _ text: @autoclosure () -> String) {
        // Exact, and most have no fraction. Minus zero is left to the text.
        if value.magnitude < 0x1p53, value != 0 || value.sign == .plus, let integer = Int64(exactly: value) {
            return integer == 0 ? raw("0") : digits(integer.magnitude, isNegative: integer < 0)
        }
        // Foundation and others write no ".0".
        var text = text()
        text.withUTF8 { utf8 in
            let isWhole =
                utf8.count > 2 && utf8[utf8.count - 1] == UInt8(ascii: "0")
                && utf8[utf8.count - 2] == UInt8(ascii: ".")
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[..<(isWhole ? utf8.count - 2 : utf8.count)]))
        }
        needsComma = true
    }

    /// Writes a string in quotation marks, escaped where JSON asks for it.
    public mutating func string(_ value: String) {
        quote(value)
        needsComma = true
    }

    /// Writes text that is JSON already, one value.
    mutating func raw(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        needsComma = true
    }

    /// Writes `text`, which needs no escaping, in quotation marks.
    mutating func plain(_ text: some Collection<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    // MARK: Changes of what was written

    /// How much was written.
    struct Mark {
        let count: Int
        let needsComma: Bool
    }

    var mark: Mark { Mark(count: bytes.count, needsComma: needsComma) }

    /// Takes back what was written since `mark`.
    mutating func restore(_ mark: Mark) {
        bytes.removeSubrange(min(mark.count, bytes.count)...)
        needsComma = mark.needsComma
    }

    /// Takes back a member's name, which begins at `start`, with what is behind it and the comma before it.
    mutating func removeName(from start: Int) {
        needsComma = bytes[start - 1] == UInt8(ascii: ",")
        bytes.removeSubrange((needsComma ? start - 1 : start)...)
    }

    /// Where the next member's name will begin.
    var nextStart: Int { needsComma ? bytes.count + 1 : bytes.count }

    /// Takes out whole members, or elements, with the comma behind them.
    mutating func remove(_ range: Range<Int>) { bytes.removeSubrange(range) }

    /// Leaves out a value, which will be put in later.
    mutating func skip() { needsComma = true }

    /// Writes `text` in quotation marks, with a comma before and a colon behind it if asked for.
    private mutating func quote(_ text: String, afterComma: Bool = false, isName: Bool = false) {
        var text = text
        text.withUTF8 { utf8 in
            guard Self.isPlain(utf8) else { return quoteEscaped(utf8, afterComma, isName) }
            bytes.append(addingCapacity: utf8.count + 4) { output in
                if afterComma { output.append(UInt8(ascii: ",")) }
                output.append(UInt8(ascii: "\""))
                output.withUnsafeMutableBufferPointer { buffer, count in
                    if let source = utf8.baseAddress, let target = buffer.baseAddress {
                        (target + count).initialize(from: source, count: utf8.count)
                    }
                    count += utf8.count
                }
                output.append(UInt8(ascii: "\""))
                if isName { output.append(UInt8(ascii: ":")) }
            }
        }
    }

    /// Whether nothing in the text needs an escape.
    private static func isPlain(_ utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        // Without a branch for each byte, so that the compiler can compare many at once.
        var found: UInt8 = 0
        for byte in utf8 { found |= (byte < 0x20 ? 1 : 0) | (byte == 0x22 ? 1 : 0) | (byte == 0x5C ? 1 : 0) }
        return found == 0
    }

    private mutating func quoteEscaped(_ utf8: UnsafeBufferPointer<UInt8>, _ afterComma: Bool, _ isName: Bool) {
        if afterComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        for index in utf8.indices where utf8[index] < 0x20 || utf8[index] == 0x22 || utf8[index] == 0x5C {
            bytes.append(contentsOf: utf8[start..<index])
            escape(utf8[index])
            start = index + 1
        }
        bytes.append(contentsOf: utf8[start...])
        bytes.append(UInt8(ascii: "\""))
        if isName { bytes.append(UInt8(ascii: ":")) }
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x22, 0x5C: bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            for digit in [byte >> 4, byte & 0xF] {
                bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }
}
