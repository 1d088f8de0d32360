// SPDX-License-Identifier: Apache-2.0
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension JSONDocument {
    func boolean(_ node: Int) throws -> Bool {
        switch nodes[node].kind {
        case .true: true
        case .false: false
        default: throw mismatch(Bool.self, node)
        }
    }

    func string(_ node: Int) throws -> String {
        guard nodes[node].kind == .string else { throw mismatch(String.self, node) }
        return string(nodes[node])
    }

    /// An integer, which may be written with fraction and exponent: `1.0`, `1e3`.
    func integer<Value: FixedWidthInteger>(_ node: Int, _ type: Value.Type) throws -> Value {
        let number = nodes[node]
        guard number.kind == .number else { throw mismatch(type, node) }
        if !number.isSpecial, let value = JSONNumber.integer(slice(number), as: type) { return value }
        return try unusualInteger(node, type)
    }

    @inline(never)
    private func unusualInteger<Value: FixedWidthInteger>(_ node: Int, _ type: Value.Type) throws -> Value {
        let text = slice(nodes[node])
        // Below 2^53 no two integers become the same Double.
        if nodes[node].isSpecial, let number = JSONNumber.double(text), let value = Value(exactly: number),
            number.magnitude < 0x1p53
        {
            return value
        }
        if nodes[node].isSpecial, let number = Decimal(string: String(decoding: text, as: UTF8.self)),
            let value = Value("\(number)")
        {
            return value
        }
        throw corrupted(node, "The number \(String(decoding: text, as: UTF8.self)) fits no \(type).")
    }

    func double(_ node: Int) throws -> Double {
        guard nodes[node].kind == .number else { throw mismatch(Double.self, node) }
        guard let value = JSONNumber.double(slice(nodes[node])) else {
            throw corrupted(node, "The number fits no Double.")
        }
        return value
    }

    func float(_ node: Int) throws -> Float {
        guard nodes[node].kind == .number else { throw mismatch(Float.self, node) }
        guard let value = JSONNumber.float(slice(nodes[node])) else {
            throw corrupted(node, "The number fits no Float.")
        }
        return value
    }

    /// A value of any type: by the rules of this codec for those that it knows, by the type's own otherwise.
    func value<Value: Decodable>(_ node: Int, _ type: Value.Type) throws -> Value {
        // The casts are of a value to its own type.
        if type == String.self { return unsafeBitCast(try string(node), to: type) }
        if type == Int.self { return unsafeBitCast(try integer(node, Int.self), to: type) }
        if type == Date.self { return unsafeBitCast(try date(node), to: type) }
        if type == Double.self { return unsafeBitCast(try double(node), to: type) }
        if type == Bool.self { return unsafeBitCast(try boolean(node), to: type) }
        if type == Data.self { return unsafeBitCast(try data(node), to: type) }
        if type == URL.self { return unsafeBitCast(try url(node), to: type) }
        if type == Decimal.self { return unsafeBitCast(try decimal(node), to: type) }
        return try Value(from: JSONValueDecoder(document: self, node: node))
    }

    private func date(_ node: Int) throws -> Date {
        guard dates == .rfc3339 else { return Date(timeIntervalSinceReferenceDate: try double(node)) }
        guard nodes[node].kind == .string else { throw mismatch(String.self, node) }
        let bytes = nodes[node].bytes(in: text)
        let date =
            nodes[node].isSpecial
            ? RFC3339.date(string(nodes[node])) : RFC3339.date(bytes.bindMemory(to: UInt8.self))
        guard let date else { throw corrupted(node, "not an RFC 3339 date") }
        return date
    }

    private func data(_ node: Int) throws -> Data {
        guard let data = Data(base64Encoded: try string(node)) else { throw corrupted(node, "The text is not Base64.") }
        return data
    }

    private func url(_ node: Int) throws -> URL {
        guard let url = URL(string: try string(node)) else { throw corrupted(node, "The text is no URL.") }
        return url
    }

    private func decimal(_ node: Int) throws -> Decimal {
        guard nodes[node].kind == .number else { throw mismatch(Decimal.self, node) }
        guard let value = Decimal(string: String(decoding: slice(nodes[node]), as: UTF8.self)) else {
            throw corrupted(node, "The number fits no Decimal.")
        }
        return value
    }
}
