// SPDX-License-Identifier: Apache-2.0
internal import ApusContract
internal import Foundation

/// The attributes of a CloudEvents document, taken out one by one.
struct CloudEventAttributes {
    /// Those that weren't taken.
    private(set) var rest: [String: String] = [:]
    private var data: [UInt8]?
    private var base64: String?

    init(_ members: JSONMembers) throws(MessagingError) {
        for (name, bytes) in members.all {
            if name == "data" {
                data = Array(bytes)
                continue
            }
            let text: String?
            switch try Self.parse(bytes, name) {
            case .string(let value): text = value
            case .boolean(let value): text = String(value)
            case .integer(let value): text = String(value)
            case .null: text = nil
            default: throw MessagingError(.invalid, "attribute \(name) is neither text, boolean nor integer")
            }
            if name == "data_base64" {
                base64 = text
            } else {
                guard Self.isName(name) else {
                    throw MessagingError(.invalid, "attribute name \(name.prefix(40)) isn't 1 to 20 of a-z and 0-9")
                }
                rest[name] = text
            }
        }
    }

    /// The attribute, which is no longer in ``rest``.
    mutating func take(_ name: String) -> String? {
        rest.removeValue(forKey: name)
    }

    /// The attribute, which must be there and hold something.
    mutating func required(_ name: String) throws(MessagingError) -> String {
        guard let value = take(name), !value.isEmpty else {
            throw MessagingError(.invalid, "attribute \(name) is missing or empty")
        }
        return value
    }

    /// A date, if it is there.
    mutating func date(_ name: String) throws(MessagingError) -> Date? {
        guard let text = take(name) else { return nil }
        guard let date = RFC3339.date(text) else {
            throw MessagingError(.invalid, "attribute \(name) is no RFC 3339 date")
        }
        return date
    }

    /// A whole number in `range`, if it is there. Anything else is someone else's attribute of this name, and stays.
    mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let number = rest[name].flatMap({ Int($0) }), range.contains(number) else { return nil }
        rest[name] = nil
        return number
    }

    /// The payload; `null` if there is none.
    func payload() throws(MessagingError) -> [UInt8] {
        guard let base64 else { return data ?? Array("null".utf8) }
        guard data == nil else { throw MessagingError(.invalid, "both data and data_base64") }
        guard let decoded = Data(base64Encoded: base64) else {
            throw MessagingError(.invalid, "data_base64 is no base64")
        }
        return Array(decoded)
    }

    private static func parse(_ bytes: ArraySlice<UInt8>, _ name: String) throws(MessagingError) -> JSONValue {
        do {
            return try JSONParser.parse(bytes)
        } catch {
            throw MessagingError(.invalid, "attribute \(name): \(error)")
        }
    }

    /// Whether `name` is well formed as an attribute's.
    static func isName(_ name: String) -> Bool {
        (1...20).contains(name.utf8.count) && name.utf8.allSatisfy(isAllowed)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
