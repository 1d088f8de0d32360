// SPDX-License-Identifier: Apache-2.0

/// What NATS allows in the names that messages are published to.
enum Subject {
    /// Whether a message can be sent to it: tokens between dots, none empty, no wildcards, no white space.
    static func isValid(_ subject: String) -> Bool {
        var isEmpty = true
        for byte in subject.utf8 {
            switch byte {
            case UInt8(ascii: "."):
                if isEmpty { return false }
                isEmpty = true
            case 0...0x20, UInt8(ascii: "*"), UInt8(ascii: ">"), 0x7F: return false
            default: isEmpty = false
            }
        }
        return !isEmpty
    }

    /// `text` as one token of a subject that is also the name of a consumer: letters, digits, `-` as they are, any other
    /// byte as `_` and two hexadecimal digits. Different texts give different tokens.
    static func token(_ text: String) -> String {
        var token: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                token.append(byte)
            default:
                token.append(UInt8(ascii: "_"))
                token.append(digit(byte >> 4))
                token.append(digit(byte & 0xF))
            }
        }
        return token.isEmpty ? "_" : String(decoding: token, as: UTF8.self)
    }

    /// What ``token(_:)`` was made of; nil if it wasn't made so.
    static func text(of token: some StringProtocol) -> String? {
        if token == "_" { return "" }
        var bytes: [UInt8] = []
        var rest = Substring(token).utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "_") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(Substring(rest.prefix(2)), radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
