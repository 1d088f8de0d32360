// SPDX-License-Identifier: Apache-2.0

/// The header fields of a message, in the order of the wire, repeated names kept.
///
/// The fields of a received message stay in the bytes that arrived: reading a head allocates two buffers whatever the
/// number of fields, and text is made only for the values that are asked for. The storage is an implementation detail.
public struct Headers: Sendable {
    struct Entry: Sendable {
        var nameStart: UInt32
        var valueStart: UInt32
        var valueEnd: UInt32
        var nameLength: UInt16
        /// The number of the name in ``KnownHeaders``, or 0.
        var token: UInt8
    }

    var bytes: [UInt8]
    var entries: [Entry]

    public init() {
        bytes = []
        entries = []
    }

    /// With room for a number of fields.
    public init(reserving count: Int) {
        self.init()
        bytes.reserveCapacity(count * 40)
        entries.reserveCapacity(count)
    }

    init(bytes: [UInt8], entries: [Entry]) {
        self.bytes = bytes
        self.entries = entries
    }

    /// How many fields there are, repeated names counted each.
    public var count: Int { entries.count }

    /// Whether there is no field.
    public var isEmpty: Bool { entries.isEmpty }

    /// The first value under a name. Setting it replaces every value of that name; nil removes them.
    public subscript(_ name: HeaderName) -> String? {
        get {
            for entry in entries where matches(entry, name) { return value(of: entry) }
            return nil
        }
        set {
            remove(name)
            if let newValue { append(name, newValue) }
        }
    }

    /// All values under a name, in order.
    public func values(_ name: HeaderName) -> [String] {
        entries.filter { matches($0, name) }.map(value(of:))
    }

    /// Whether there is a field of that name, an empty one included.
    public func contains(_ name: HeaderName) -> Bool {
        entries.contains { matches($0, name) }
    }

    /// Appends a field and keeps those that have the same name.
    ///
    /// A control character in `value` (a line break above all) becomes a space, so that no field can smuggle in another.
    public mutating func append(_ name: HeaderName, _ value: String) {
        var value = value
        value.withUTF8 { append(name, UnsafeRawBufferPointer($0)) }
    }

    /// As ``append(_:_:)-(_,String)``, for a value that is no text yet.
    public mutating func append(_ name: HeaderName, _ value: UnsafeRawBufferPointer) {
        if entries.isEmpty {
            // A first field is seldom the last: growing with each would allocate as often.
            bytes.reserveCapacity(224)
            entries.reserveCapacity(6)
        }
        let nameStart = bytes.count
        bytes.append(contentsOf: name.text.utf8)
        let valueStart = bytes.count
        bytes.append(contentsOf: value)
        for index in valueStart..<bytes.count where !CharacterClass.isValue(bytes[index]) {
            bytes[index] = UInt8(ascii: " ")
        }
        entries.append(
            Entry(
                nameStart: UInt32(nameStart), valueStart: UInt32(valueStart), valueEnd: UInt32(bytes.count),
                nameLength: UInt16(valueStart - nameStart), token: name.token))
    }

    /// Removes every field of that name.
    public mutating func remove(_ name: HeaderName) {
        guard contains(name) else { return }
        let (bytes, token) = (bytes, name.token)
        if token != 0 {
            entries.removeAll { $0.token == token }
        } else {
            entries.removeAll { $0.token == 0 && Self.name(of: $0, in: bytes, equals: name) }
        }
    }

    // MARK: Entries

    func matches(_ entry: Entry, _ name: HeaderName) -> Bool {
        guard name.token == 0 else { return entry.token == name.token }
        return entry.token == 0 && Self.name(of: entry, in: bytes, equals: name)
    }

    private static func name(of entry: Entry, in bytes: [UInt8], equals name: HeaderName) -> Bool {
        var text = name.text
        return text.withUTF8 { text in
            guard text.count == Int(entry.nameLength) else { return false }
            let start = Int(entry.nameStart)
            for index in 0..<text.count
            where CharacterClass.lower(bytes[start + index]) != CharacterClass.lower(text[index]) {
                return false
            }
            return true
        }
    }

    func name(of entry: Entry) -> String {
        let start = Int(entry.nameStart)
        return String(decoding: bytes[start..<start + Int(entry.nameLength)], as: UTF8.self)
    }

    func value(of entry: Entry) -> String {
        String(decoding: bytes[Int(entry.valueStart)..<Int(entry.valueEnd)], as: UTF8.self)
    }

    /// Calls `body` with the bytes of the first value under a name; nil if there is none.
    public func withValue<Result>(_ name: HeaderName, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        for entry in entries where matches(entry, name) {
            return bytes.withUnsafeBytes {
                body(UnsafeRawBufferPointer(rebasing: $0[Int(entry.valueStart)..<Int(entry.valueEnd)]))
            }
        }
        return nil
    }

    /// Whether a comma-separated list under `name` has `element`, which must be given in lower case.
    public func hasListElement(_ name: HeaderName, _ element: String) -> Bool {
        let wanted = Array(element.utf8)
        for entry in entries where matches(entry, name) {
            let found = bytes.withUnsafeBytes { bytes in
                let value = UnsafeRawBufferPointer(rebasing: bytes[Int(entry.valueStart)..<Int(entry.valueEnd)])
                return value.split(separator: UInt8(ascii: ",")).contains { part in
                    var part = part
                    while let first = part.first, CharacterClass.isBlank(first) { part.removeFirst() }
                    while let last = part.last, CharacterClass.isBlank(last) { part.removeLast() }
                    return CharacterClass.equal(UnsafeRawBufferPointer(rebasing: part), lowercased: wanted)
                }
            }
            if found { return true }
        }
        return false
    }
}

extension Headers: Sequence {
    public typealias Element = (name: String, value: String)

    public func makeIterator() -> AnyIterator<Element> {
        var position = 0
        return AnyIterator {
            guard position < entries.count else { return nil }
            defer { position += 1 }
            return (name(of: entries[position]), value(of: entries[position]))
        }
    }
}

extension Headers: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (HeaderName, String)...) {
        self.init(reserving: elements.count)
        for (name, value) in elements { append(name, value) }
    }
}

extension Headers: CustomStringConvertible {
    public var description: String {
        map { "\($0.name): \($0.value)" }.joined(separator: "\n")
    }
}
