// SPDX-License-Identifier: Apache-2.0

/// A condition on one value, checked on every request and written into OpenAPI.
public struct Rule<Value>: Sendable {
    /// The stable name that a ``Violation`` carries.
    public let code: String
    /// What is expected, for a person: "must be …".
    public let message: String
    /// What JSON Schema says about it; empty if it can't be said there.
    public let keywords: [JSONValue.Member]
    /// Whether a value fulfils the rule.
    public let holds: @Sendable (Value) -> Bool

    /// A rule of your own. `holds` must be quick and pure: it runs on the event loop, once for each request.
    public init(
        _ code: String, _ message: String, keywords: KeyValuePairs<String, JSONValue> = [:],
        holds: @escaping @Sendable (Value) -> Bool
    ) {
        self.code = code
        self.message = message
        self.keywords = keywords.map { .init($0.key, $0.value) }
        self.holds = holds
    }
}

extension Rule where Value == String {
    /// So many Unicode scalars.
    public static func length(_ range: ClosedRange<Int>) -> Rule {
        Rule(
            "length", "must be \(range.lowerBound) to \(range.upperBound) characters long",
            keywords: ["minLength": .integer(range.lowerBound), "maxLength": .integer(range.upperBound)]
        ) { text in
            // A text of n bytes has n/4 to n scalars: count only when that doesn't decide.
            let bytes = text.utf8.count
            if bytes < range.lowerBound || bytes > 4 * range.upperBound { return false }
            if bytes >= 4 * range.lowerBound && bytes <= range.upperBound { return true }
            return range.contains(text.unicodeScalars.count)
        }
    }

    /// Something other than white space.
    public static var notBlank: Rule {
        Rule("blank", "must not be blank", keywords: ["pattern": "\\S"]) { text in
            // One visible ASCII character decides, and most texts begin with one.
            text.utf8.contains { $0 > 0x20 && $0 < 0x80 }
                || text.unicodeScalars.contains { !$0.properties.isWhitespace }
        }
    }

    /// An e-mail address: `local@domain` in the form that browsers accept in an e-mail field, with a dot in the domain.
    ///
    /// Source: the valid e-mail address of the WHATWG HTML standard. Whether it receives mail only a mail can tell.
    public static var email: Rule {
        Rule("email", "must be an e-mail address", keywords: ["format": "email"]) { EmailSyntax.isValid($0) }
    }

    /// Only ASCII letters of the upper case, so many: a currency or country code.
    public static func upperCaseCode(_ length: Int) -> Rule {
        Rule(
            "code", "must be \(length) upper-case letters", keywords: ["pattern": .string("^[A-Z]{\(length)}$")]
        ) { text in
            text.utf8.count == length && text.utf8.allSatisfy { (0x41...0x5A).contains($0) }
        }
    }
}

extension Rule where Value == Int {
    /// Between two bounds, both included.
    public static func range(_ range: ClosedRange<Int>) -> Rule {
        Rule(
            "range", "must be between \(range.lowerBound) and \(range.upperBound)",
            keywords: ["minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
        ) { range.contains($0) }
    }

    /// Not below a bound.
    public static func range(_ range: PartialRangeFrom<Int>) -> Rule {
        Rule("range", "must be at least \(range.lowerBound)", keywords: ["minimum": .integer(range.lowerBound)]) {
            range.contains($0)
        }
    }
}

extension Rule {
    /// So many elements.
    public static func count<Element>(_ range: ClosedRange<Int>) -> Rule where Value == [Element] {
        Rule(
            "count", "must have \(range.lowerBound) to \(range.upperBound) elements",
            keywords: ["minItems": .integer(range.lowerBound), "maxItems": .integer(range.upperBound)]
        ) { range.contains($0.count) }
    }

    /// No two elements with the same key.
    public static func unique<Element, Key: Hashable & SendableMetatype>(
        by key: @escaping @Sendable (Element) -> Key, _ what: String
    ) -> Rule where Value == [Element] {
        Rule("unique", "must not name the same \(what) twice") { elements in
            var seen = Set<Key>()
            return elements.allSatisfy { seen.insert(key($0)).inserted }
        }
    }
}
