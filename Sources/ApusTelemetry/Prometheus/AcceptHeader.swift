// SPDX-License-Identifier: Apache-2.0

/// The media ranges of an `Accept` header (RFC 9110, 12.5.1), as far as choosing between two formats needs them.
struct AcceptHeader {
    struct Range {
        /// Lower case, without parameters: `text/plain`, `text/*`, `*/*`.
        var type: String
        /// The `version` parameter, if there is one.
        var version: String?
        /// 0 to 1.
        var weight: Double
    }

    /// The ranges that a header may have; more are not read.
    private static let limit = 64

    let ranges: [Range]

    init(_ text: String) {
        ranges = text.split(separator: ",", maxSplits: Self.limit).prefix(Self.limit).compactMap(Self.range)
    }

    /// How much `type`, in one of `versions`, is wanted: the weight of the most specific range that covers it, 0 for
    /// not at all. A range without a version covers all.
    func weight(of type: String, versions: [String]) -> Double {
        let family = type.split(separator: "/").first.map { $0 + "/*" } ?? ""
        for candidate in [type, family, "*/*"] {
            let weights = ranges.filter { range in
                range.type == candidate && (range.version.map { versions.contains($0) } ?? true)
            }
            if let best = weights.map(\.weight).max() { return best }
        }
        return 0
    }

    private static func range(_ text: Substring) -> Range? {
        let parts = text.split(separator: ";").map(trimmed)
        guard let type = parts.first, !type.isEmpty else { return nil }
        var range = Range(type: type.lowercased(), version: nil, weight: 1)
        for parameter in parts.dropFirst() {
            let halves = parameter.split(separator: "=", maxSplits: 1).map(trimmed)
            guard halves.count == 2 else { continue }
            switch halves[0].lowercased() {
            case "q": range.weight = Double(halves[1]).map { $0.isFinite ? min(max($0, 0), 1) : 0 } ?? 0
            case "version": range.version = halves[1].filter { $0 != "\"" }
            default: break
            }
        }
        return range
    }

    private static func trimmed(_ text: Substring) -> String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        let rest = text.drop(while: isSpace)
        return String(rest.reversed().drop(while: isSpace).reversed())
    }
}
