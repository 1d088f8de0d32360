// SPDX-License-Identifier: Apache-2.0

/// Which bytes may stand where in a message head (RFC 9110, section 5.5 and 5.6; RFC 3986).
enum CharacterClass {
    private static let token: UInt8 = 1
    private static let value: UInt8 = 2
    private static let target: UInt8 = 4
    private static let host: UInt8 = 8

    private static let classes: [UInt8] = (0...255).map { byte in
        let byte = UInt8(byte)
        let letter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        let digit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        var classes: UInt8 = 0
        if letter || digit || "!#$%&'*+-.^_`|~".utf8.contains(byte) { classes |= token }
        if byte == 0x09 || (byte >= 0x20 && byte != 0x7f) { classes |= value }
        if byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "#") { classes |= target }
        if letter || digit || "-._~!$&'()*+;=:[]%".utf8.contains(byte) { classes |= host }
        return classes
    }

    /// A character of a token: of methods and field names.
    static func isToken(_ byte: UInt8) -> Bool { classes[Int(byte)] & token != 0 }

    /// A byte that a field value may hold: visible, space, tab, or above 0x7f.
    static func isValue(_ byte: UInt8) -> Bool { classes[Int(byte)] & value != 0 }

    /// A byte of a request target: visible ASCII but `#`.
    static func isTarget(_ byte: UInt8) -> Bool { classes[Int(byte)] & target != 0 }

    /// A byte of a host and port.
    static func isHost(_ byte: UInt8) -> Bool { classes[Int(byte)] & host != 0 }

    /// A space or a tab.
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Whether `bytes`, in lower case, are `lowercased`. Only letters have a case.
    static func equal(_ bytes: UnsafeRawBufferPointer, lowercased: [UInt8]) -> Bool {
        guard bytes.count == lowercased.count else { return false }
        for index in 0..<lowercased.count where lower(bytes[index]) != lowercased[index] { return false }
        return true
    }

    static func lower(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
