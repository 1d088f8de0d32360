// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Yams

/// One value of a file, read as the type that is asked for; anything else is reported with its place.
public struct ValueReader {
    /// Where the value stands, for messages: `services.users.endpoints[0]`.
    public let path: String
    /// Where the key stands that this is the value of.
    public let keyPlace: FilePlace?
    private let problems: ProblemCollector
    private let node: Node
    private let section: String
    private let masks: KeyMasks

    init(
        _ node: Node, path: String, section: String, key: FilePlace?, masks: KeyMasks, problems: ProblemCollector
    ) {
        self.node = node
        self.path = path
        self.section = section
        self.masks = masks
        self.problems = problems
        keyPlace = key
    }

    /// Where it stands.
    public var place: FilePlace? { FilePlace(node.mark) ?? keyPlace }

    /// Whether nothing was written, or `null`.
    var isNull: Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any else { return false }
        return scalar.string.isEmpty || scalar.string == "null" || scalar.string == "~"
    }

    /// Whether it is text, a number, or anything else that has no parts.
    public var isScalar: Bool { node.scalar != nil }

    /// Whether it is a mapping of keys to values.
    public var isMapping: Bool { node.mapping != nil }

    /// Whether it is text without any character, in quotes or not; `null` isn't text.
    public var isEmpty: Bool { node.scalar?.string.isEmpty ?? false }

    /// Notes what is wrong with it.
    public func error(_ message: String) {
        problems.error(message, at: place)
    }

    /// The text of a scalar, or nil after a report.
    public func text(_ expected: String = "text") -> String? {
        guard let scalar = node.scalar, !isNull else {
            error("'\(path)' must be \(expected), not \(kind)")
            return nil
        }
        return scalar.string
    }

    /// The value that `parse` makes of the text, or nil after a report that says what was expected.
    public func parsed<Value>(_ expected: String, _ parse: (String) -> Value?) -> Value? {
        guard let text = text(expected) else { return nil }
        guard let value = parse(text) else {
            error("'\(path)' must be \(expected), not '\(Self.shortened(text))'")
            return nil
        }
        return value
    }

    /// `true` or `false`, or nil after a report.
    public func boolean() -> Bool? {
        parsed("true or false") { $0 == "true" ? true : $0 == "false" ? false : nil }
    }

    /// A whole number in `range`, or nil after a report.
    public func integer(in range: ClosedRange<Int>) -> Int? {
        parsed("a whole number from \(range.lowerBound) to \(range.upperBound)") {
            Int($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A fraction above 0 and at most 1, such as `0.5`, or nil after a report.
    public func fraction() -> Double? {
        parsed("a number above 0, at most 1, such as 0.5") { Double($0).flatMap { $0 > 0 && $0 <= 1 ? $0 : nil } }
    }

    /// One of `names`, or nil after a report that suggests the nearest.
    public func choice(_ names: [String]) -> String? {
        guard let text = text("one of \(names.joined(separator: ", "))") else { return nil }
        guard names.contains(text) else {
            let suggestion = NearestName.nearest(to: text, in: names).map { "; did you mean '\($0)'?" } ?? ""
            error(
                "'\(path)' must be one of \(names.joined(separator: ", ")), not '\(Self.shortened(text))'\(suggestion)")
            return nil
        }
        return text
    }

    /// The elements of a list, or nil after a report.
    public func list(_ expected: String) -> [ValueReader]? {
        guard let sequence = node.sequence else {
            error("'\(path)' must be a list of \(expected), not \(kind)")
            return nil
        }
        return sequence.enumerated().map { index, element in
            ValueReader(
                element, path: "\(path)[\(index)]", section: section, key: FilePlace(element.mark), masks: masks,
                problems: problems)
        }
    }

    /// The elements of a list, or the one value that stands for a list of one.
    public func listOrOne(_ expected: String) -> [ValueReader]? {
        isScalar ? [self] : list(expected)
    }

    /// The fields of a mapping, or nil after a report.
    ///
    /// - Parameter expected: What a mapping there would hold, for a value that is none.
    public func fields(_ expected: String) -> FieldReader? {
        guard let mapping = node.mapping else {
            error("'\(path)' must be \(expected), not \(kind)")
            return nil
        }
        return FieldReader(
            mapping, path: path, name: path, section: section, place: keyPlace ?? place, masks: masks,
            problems: problems)
    }

    private var kind: String {
        switch node {
        case .scalar(let scalar): isNull ? "nothing" : "'\(Self.shortened(scalar.string))'"
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    private static func shortened(_ text: String) -> String {
        text.count <= 60 ? text : text.prefix(57) + "…"
    }
}
