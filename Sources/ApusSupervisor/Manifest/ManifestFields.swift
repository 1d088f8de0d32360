// SPDX-License-Identifier: Apache-2.0
import ApusRuntime
import Yams

/// Where the reader of a manifest leaves what it finds wrong, so that its author learns of everything at once.
final class ManifestProblems {
    let file: String
    private var found: [(line: Int, column: Int, message: String)] = []

    init(file: String) {
        self.file = file
    }

    func add(_ message: String, at place: Mark?) {
        found.append((place?.line ?? 1, place?.column ?? 1, message))
    }

    func add(_ message: String, line: Int, column: Int) {
        found.append((line, column, message))
    }

    /// Every problem, `file:line:column: message`, in the order of the file; nil if there is none.
    var error: SupervisorError? {
        guard !found.isEmpty else { return nil }
        let sorted = found.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        return SupervisorError(
            .manifest, sorted.map { "\(file):\($0.line):\($0.column): \($0.message)" }.joined(separator: "\n"))
    }
}

/// A strict view of one mapping: hands out the values that it is asked for and reports those that nobody asked for.
struct ManifestFields {
    /// How messages call the mapping: `the manifest`, `services.users`.
    let name: String
    let problems: ManifestProblems
    private let fields: [(key: Node, value: Node)]
    private let place: Mark?
    private var known: [String] = []

    /// Nil after a report if `node` is no mapping.
    init?(_ node: Node, name: String, problems: ManifestProblems) {
        guard let mapping = node.mapping else {
            problems.add("\(name) must be a mapping of keys to values", at: node.mark)
            return nil
        }
        self.name = name
        self.problems = problems
        place = node.mark
        fields = mapping.map { (key: $0.key, value: $0.value) }
    }

    mutating func value(_ key: String) -> Node? {
        known.append(key)
        return fields.first { $0.key.string == key }?.value
    }

    /// Text that isn't empty.
    mutating func text(_ key: String) -> String? {
        guard let node = value(key) else { return nil }
        guard let text = node.scalar?.string, !text.isEmpty else {
            problems.add("'\(key)' of \(name) must be text", at: node.mark)
            return nil
        }
        return text
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let node = value(key) else { return nil }
        guard let number = node.scalar.flatMap({ Int($0.string) }), range.contains(number) else {
            problems.add(
                "'\(key)' of \(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)",
                at: node.mark)
            return nil
        }
        return number
    }

    mutating func list(_ key: String) -> [String] {
        guard let node = value(key) else { return [] }
        guard let texts = node.sequence?.map(\.scalar?.string), !texts.contains(nil) else {
            problems.add("'\(key)' of \(name) must be a list of texts", at: node.mark)
            return []
        }
        return texts.compactMap { $0 }
    }

    mutating func environment(_ key: String = "environment") -> [String: String] {
        guard let node = value(key) else { return [:] }
        guard let mapping = node.mapping else {
            problems.add("'\(key)' of \(name) must be a mapping of names to values", at: node.mark)
            return [:]
        }
        var environment: [String: String] = [:]
        for (key, value) in mapping {
            guard let name = key.scalar?.string, !name.isEmpty, !name.contains("="), let text = value.scalar?.string
            else {
                problems.add("an environment variable of \(self.name) must be NAME: text", at: key.mark)
                continue
            }
            environment[name] = text
        }
        return environment
    }

    /// Every field, for a mapping whose keys are names.
    func named() -> [(name: String, place: Mark?, value: Node)] {
        fields.compactMap { key, value in
            guard let name = key.scalar?.string else {
                problems.add("a name in \(self.name) must be text", at: key.mark)
                return nil
            }
            return (name, key.mark, value)
        }
    }

    func require(_ key: String, _ meaning: String) {
        if !fields.contains(where: { $0.key.string == key }) {
            problems.add("\(name) has no '\(key)' (\(meaning))", at: place)
        }
    }

    /// Reports every key that wasn't asked for. Call it once, last.
    func finish() {
        for (key, _) in fields {
            let text = key.scalar?.string ?? ""
            guard !known.contains(text) else { continue }
            let hint =
                NearestName.nearest(to: text, in: known).map { "did you mean '\($0)'?" }
                ?? "known are \(known.joined(separator: ", "))"
            problems.add("unknown key '\(text)' in \(name); \(hint)", at: key.mark)
        }
    }
}
