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
        bytes.reserveCapacity(capacity)
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
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        quote(name)
        bytes.append(UInt8(ascii: ":"))
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
        needsComma = true
        var magnitude = value.magnitude
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
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
            bytes.append(contentsOf: digits[start..<20])
        }
    }

    /// The shortest text that reads back as `value`. JSON has no infinities: they, and "not a number", become null.
    public mutating func number(_ value: Double) {
        guard value.isFinite else { return null() }
        raw(value == value.rounded() && value.magnitude < 1e15 ? "\(Int64(value))" : value.description)
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

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            for index in utf8.indices where utf8[index] < 0x20 || utf8[index] == 0x22 || utf8[index] == 0x5C {
                bytes.append(contentsOf: utf8[start..<index])
                escape(utf8[index])
                start = index + 1
            }
            bytes.append(contentsOf: utf8[start...])
        }
        bytes.append(UInt8(ascii: "\""))
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
