// SPDX-License-Identifier: Apache-2.0

/// The labels of one series, sorted by name, each name once.
///
/// Two sets with the same text are the same series.
public struct MetricLabels: Sendable, Hashable, CustomStringConvertible {
    /// Names and values, sorted by name.
    public let pairs: [Pair]
    /// As the text formats write them between the braces: `method="GET",route="/"`, values escaped.
    public let description: String

    /// A label.
    public struct Pair: Sendable, Hashable {
        /// A valid label name.
        public let name: String
        /// Any text.
        public let value: String
    }

    /// No labels.
    public static let none = MetricLabels([])

    /// The labels of the series that takes what is past a family's limit.
    static let overflow = MetricLabels([("overflow", "true")])

    /// - Parameter pairs: names, made valid if they aren't, and values; of a repeated name the last one counts.
    public init(_ pairs: [(name: String, value: String)]) {
        var unique: [String: String] = [:]
        for (name, value) in pairs { unique[MetricName.label(name)] = value }
        let sorted = unique.sorted { $0.key < $1.key }.map { Pair(name: $0.key, value: $0.value) }
        self.pairs = sorted
        description = sorted.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
    }

    /// Whether both are the labels of the same series.
    public static func == (left: MetricLabels, right: MetricLabels) -> Bool {
        left.description == right.description
    }

    /// Feeds what ``==(_:_:)`` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(description)
    }

    /// The value with backslash, quote and line end escaped; other control characters as U+FFFD, which no scraper
    /// chokes on.
    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || $0 == 0x7F }) else { return value }
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default:
                let isControl = scalar.value < 0x20 || scalar.value == 0x7F
                text.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
            }
        }
        return text
    }
}
