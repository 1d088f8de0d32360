// SPDX-License-Identifier: Apache-2.0

/// The path of an operation, with parameters that fill whole segments: `/v1/users/{id}`.
public struct PathTemplate: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// One part of the path between slashes.
    public enum Segment: Sendable, Hashable {
        case literal(String)
        case parameter(String)
    }

    public let description: String
    public let segments: [Segment]

    /// Takes the template as written, however wrong it is: ``problems`` tells.
    public init(_ text: String) {
        description = text
        segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
            part.hasPrefix("{") && part.hasSuffix("}")
                ? .parameter(String(part.dropFirst().dropLast())) : .literal(String(part))
        }
    }

    public init(stringLiteral value: String) { self.init(value) }

    /// The names of the parameters, in order.
    public var parameters: [String] {
        segments.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
    }

    /// What is wrong with it: empty for a usable template.
    public var problems: [String] {
        var problems: [String] = []
        if !description.hasPrefix("/") { problems.append("the path \(description) doesn't begin with /") }
        for case .literal(let text) in segments {
            if text.isEmpty, segments.count > 1 { problems.append("the path \(description) has an empty segment") }
            if text.contains(where: { "{}?#%".contains($0) }) {
                problems.append("the segment \(text) of \(description) holds one of {}?#%")
            }
        }
        if Set(parameters).count != parameters.count { problems.append("a parameter of \(description) is named twice") }
        if parameters.contains("") { problems.append("a parameter of \(description) has no name") }
        return problems
    }
}
