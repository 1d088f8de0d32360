// SPDX-License-Identifier: Apache-2.0

/// Collects the violations of one value, and knows where in it the rules are being checked.
///
/// Values that break no rule cost no text: a pointer is written only for a violation. At most
/// ``maximumViolations`` are kept.
public struct Inspection: Sendable {
    /// So many violations are reported; what follows is dropped.
    public static let maximumViolations = 100

    @usableFromInline
    enum Step: Sendable {
        case name(String)
        case index(Int)
    }

    @usableFromInline var path: [Step] = []
    private let isBody: Bool

    /// What was found so far.
    public private(set) var violations: [Violation] = []

    /// An inspection of a body, whose fields are named by JSON pointers, or of parameters, named as they are.
    public init(ofBody isBody: Bool = true) {
        self.isBody = isBody
    }

    /// Whether nothing more needs to be looked for.
    public var isFull: Bool { violations.count >= Self.maximumViolations }

    /// Adds a violation of the place that is being inspected.
    public mutating func report(_ code: String, _ message: String) {
        guard !isFull else { return }
        violations.append(Violation(field: pointer, code: code, message: message))
    }

    /// Adds a violation of the member `name` of the place that is being inspected.
    public mutating func report(in name: String, _ code: String, _ message: String) {
        within(name) { $0.report(code, message) }
    }

    /// Runs `inspect` one level deeper, at the member `name`.
    @inlinable
    public mutating func within<Result>(_ name: String, _ inspect: (inout Inspection) -> Result) -> Result {
        path.append(.name(name))
        defer { path.removeLast() }
        return inspect(&self)
    }

    /// Runs `inspect` one level deeper, at the element `index`.
    @inlinable
    public mutating func within<Result>(_ index: Int, _ inspect: (inout Inspection) -> Result) -> Result {
        path.append(.index(index))
        defer { path.removeLast() }
        return inspect(&self)
    }

    private var pointer: String {
        var pointer = ""
        for step in path {
            if isBody || !pointer.isEmpty { pointer += "/" }
            switch step {
            case .name(let name):
                pointer += name.contains(where: { $0 == "~" || $0 == "/" }) ? Self.escaped(name) : name
            case .index(let index): pointer += "\(index)"
            }
        }
        return pointer
    }

    private static func escaped(_ name: String) -> String {
        var escaped = ""
        for character in name {
            switch character {
            case "~": escaped += "~0"
            case "/": escaped += "~1"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
