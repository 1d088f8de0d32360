// SPDX-License-Identifier: Apache-2.0

/// What a value looks like on the wire, as JSON Schema 2020-12 says it.
public struct Shape: Sendable {
    /// The keywords of the schema: `type`, `format`, `items` …
    public let keywords: [JSONValue.Member]
    /// The described types that the keywords refer to; each is asked for its own shape when a document is written, so
    /// that types may contain each other.
    let references: [Reference]

    struct Reference: Sendable {
        let name: String
        let shape: @Sendable () -> Shape
    }

    init(_ keywords: [JSONValue.Member], references: [Reference] = []) {
        self.keywords = keywords
        self.references = references
    }

    /// A shape without references.
    public init(_ keywords: KeyValuePairs<String, JSONValue>) {
        self.init(keywords.map { .init($0.key, $0.value) })
    }

    /// A list of values of one shape.
    public static func array(of element: Shape) -> Shape {
        Shape([.init("type", "array"), .init("items", .object(element.keywords))], references: element.references)
    }

    /// A described type, referred to by name.
    static func reference(_ name: String, _ shape: @escaping @Sendable () -> Shape) -> Shape {
        Shape(
            [.init("$ref", .string("#/components/schemas/\(name)"))],
            references: [Reference(name: name, shape: shape)])
    }

    /// The same with more keywords.
    @usableFromInline
    func adding(_ more: [JSONValue.Member]) -> Shape {
        Shape(keywords + more, references: references)
    }
}
