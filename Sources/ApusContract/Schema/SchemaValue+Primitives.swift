// SPDX-License-Identifier: Apache-2.0

extension String: SchemaValue {
    public static var expectation: String { "a string" }
    public static var shape: Shape { Shape(["type": "string"]) }
    @inlinable public func write(to json: inout JSONWriter) { json.string(self) }
    public init?(parameter text: String) { self = text }
    @inlinable public var parameterText: String? { self }

    public static func inspect(_ json: JSONValue, _ inspection: inout Inspection) -> String? {
        if case .string(let text) = json { return text }
        mismatch(json, &inspection)
        return nil
    }
}

extension Int: SchemaValue {
    public static var expectation: String { "a whole number" }
    public static var shape: Shape { Shape(["type": "integer", "format": "int64"]) }
    @inlinable public func write(to json: inout JSONWriter) { json.integer(self) }
    @inlinable public var parameterText: String? { description }

    /// Decimal digits with an optional `-`; no `+`, no spaces.
    public init?(parameter text: String) {
        guard text.utf8.first != UInt8(ascii: "+"), let value = Int(text) else { return nil }
        self = value
    }

    public static func inspect(_ json: JSONValue, _ inspection: inout Inspection) -> Int? {
        switch json {
        case .integer(let value): return value
        case .number(let value):
            if let exact = Int(exactly: value) { return exact }
            inspection.report("type", "must be a whole number of at most 64 bits")
        default: mismatch(json, &inspection)
        }
        return nil
    }
}

extension Double: SchemaValue {
    public static var expectation: String { "a number" }
    public static var shape: Shape { Shape(["type": "number", "format": "double"]) }
    @inlinable public func write(to json: inout JSONWriter) { json.number(self) }
    @inlinable public var parameterText: String? { description }

    /// A decimal number as JSON writes it; no infinities.
    public init?(parameter text: String) {
        guard let first = text.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first),
            let value = Double(text), value.isFinite
        else { return nil }
        self = value
    }

    public static func inspect(_ json: JSONValue, _ inspection: inout Inspection) -> Double? {
        switch json {
        case .integer(let value): return Double(value)
        case .number(let value): return value
        default:
            mismatch(json, &inspection)
            return nil
        }
    }
}

extension Bool: SchemaValue {
    public static var expectation: String { "true or false" }
    public static var shape: Shape { Shape(["type": "boolean"]) }
    @inlinable public func write(to json: inout JSONWriter) { json.boolean(self) }
    @inlinable public var parameterText: String? { description }

    /// `true` or `false`.
    public init?(parameter text: String) { self.init(text) }

    public static func inspect(_ json: JSONValue, _ inspection: inout Inspection) -> Bool? {
        if case .boolean(let value) = json { return value }
        mismatch(json, &inspection)
        return nil
    }
}

extension Array: SchemaValue where Element: SchemaValue {
    public static var expectation: String { "an array" }
    @inlinable public static var hasRules: Bool { Element.hasRules }
    public static var shape: Shape { .array(of: Element.shape) }

    @inlinable public func write(to json: inout JSONWriter) {
        json.beginArray()
        for element in self {
            json.element()
            element.write(to: &json)
        }
        json.endArray()
    }

    @inlinable public func check(_ inspection: inout Inspection) {
        for (index, element) in enumerated() where !inspection.isFull {
            inspection.within(index) { element.check(&$0) }
        }
    }

    public static func inspect(_ json: JSONValue, _ inspection: inout Inspection) -> [Element]? {
        guard case .array(let nodes) = json else {
            mismatch(json, &inspection)
            return nil
        }
        var elements: [Element] = []
        for (index, node) in nodes.enumerated() where !inspection.isFull {
            if let element = inspection.within(index, { Element.inspect(node, &$0) }) { elements.append(element) }
        }
        return elements.count == nodes.count ? elements : nil
    }
}
