// SPDX-License-Identifier: Apache-2.0
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension JSONOutput {
    /// Writes the member `key` of the frame's object; if the value throws, there is no such member.
    func member<Value: Encodable>(_ value: Value, _ key: some CodingKey, in frame: Int) throws {
        try name(key.stringValue, in: frame)
        let mark = mark
        do {
            try write(value)
        } catch {
            removeMember(key.stringValue, from: frame, mark)
            throw error
        }
    }

    /// Writes the next element of the frame's array; if the value throws, there is no such element.
    func element<Value: Encodable>(_ value: Value, in frame: Int) throws {
        let written = json.mark
        try element(in: frame)
        let mark = mark
        do {
            try write(value)
        } catch {
            restore(mark)
            json.restore(written)
            frames[frame].count -= 1
            throw error
        }
    }

    /// Writes the only value of the frame; if it throws, nothing was written.
    func single<Value: Encodable>(_ value: Value, in frame: Int) throws {
        try single(in: frame)
        let mark = mark
        do {
            try write(value)
        } catch {
            restore(mark)
            frames[frame].kind = .empty
            throw error
        }
    }

    /// Writes a value of any type: by the rules of this codec for those that it knows, by the type's own otherwise.
    private func write<Value: Encodable>(_ value: Value) throws {
        // The casts are of a value to its own type.
        if Value.self == String.self { return json.string(unsafeBitCast(value, to: String.self)) }
        if Value.self == Int.self { return json.integer(unsafeBitCast(value, to: Int.self)) }
        if Value.self == Date.self { return try date(unsafeBitCast(value, to: Date.self)) }
        if Value.self == Bool.self { return json.boolean(unsafeBitCast(value, to: Bool.self)) }
        if Value.self == Data.self {
            return json.plain(unsafeBitCast(value, to: Data.self).base64EncodedString().utf8)
        }
        if Value.self == URL.self { return json.string(unsafeBitCast(value, to: URL.self).absoluteString) }
        if Value.self == Decimal.self { return try decimal(unsafeBitCast(value, to: Decimal.self)) }
        try value.encode(to: push())
        pop()
    }

    private func date(_ date: Date) throws {
        switch dates {
        case .seconds:
            let seconds = date.timeIntervalSinceReferenceDate
            try requireFinite(seconds)
            json.number(seconds)
        case .rfc3339: RFC3339.withText(of: date) { json.plain($0) }
        }
    }

    private func decimal(_ value: Decimal) throws {
        guard value.isFinite else { throw error(value, frames.count, nil, "The number is not finite.") }
        json.raw(value.description)
    }

    /// - Parameter key: the key of the innermost frame under which the number will stand; nil if it was begun already.
    func requireFinite(_ value: some BinaryFloatingPoint, _ key: (any CodingKey)? = nil) throws {
        guard value.isFinite else {
            throw error(value, key == nil ? frames.count : frames.count - 1, key, "The number is not finite.")
        }
    }
}
