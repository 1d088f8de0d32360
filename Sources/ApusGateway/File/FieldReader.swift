// SPDX-License-Identifier: Apache-2.0
import Yams

/// A strict view of one mapping of the file: hands out the values of the keys it is asked for and reports those that
/// nobody asked for.
struct FieldReader {
    /// Where the mapping stands, for messages: `services.users`.
    let path: String
    let place: Mark?
    let problems: ProblemCollector
    /// The path with names replaced by `*`: what the document lists.
    private let section: String
    private let fields: [(key: Node, value: Node)]
    private var asked: [String] = []

    init(_ mapping: Node.Mapping, path: String, section: String, place: Mark?, problems: ProblemCollector) {
        self.path = path
        self.section = section
        self.place = place
        self.problems = problems
        fields = mapping.map { (key: $0.key, value: $0.value) }
    }

    /// The value of `key`, or nil if the mapping has none.
    mutating func value(_ key: String) -> ValueReader? {
        asked.append(key)
        let section = section.isEmpty ? key : "\(section).\(key)"
        problems.asked(for: section)
        guard let field = fields.first(where: { $0.key.scalar?.string == key }) else { return nil }
        let value = ValueReader(
            field.value, path: path.isEmpty ? key : "\(path).\(key)", section: section, key: field.key.mark,
            problems: problems)
        guard !value.isNull else {
            problems.error("'\(value.path)' has no value; give one or remove the key", at: field.key.mark)
            return nil
        }
        return value
    }

    /// The value of `key`; reports it when it is missing.
    mutating func required(_ key: String, _ meaning: String) -> ValueReader? {
        if !has(key), !hasMisspelt(key) {
            problems.error("\(name) has no '\(key)' (\(meaning))", at: place)
        }
        return value(key)
    }

    /// Whether the mapping has a key that surely means `key`: it is reported as unknown, which is enough.
    func hasMisspelt(_ key: String) -> Bool {
        fields.contains { field in
            field.key.scalar.map { $0.string != key && NearestName.of($0.string, in: [key]) != nil } ?? false
        }
    }

    private func has(_ key: String) -> Bool {
        fields.contains { $0.key.scalar?.string == key }
    }

    /// Every field, for mappings whose keys are names.
    func named() -> [(name: String, place: Mark?, value: ValueReader)] {
        problems.asked(for: "\(section).*")
        return fields.compactMap { key, value in
            guard let name = key.scalar?.string else {
                problems.error("a name in \(self.name) must be text", at: key.mark)
                return nil
            }
            let reader = ValueReader(
                value, path: "\(path).\(name)", section: "\(section).*", key: key.mark, problems: problems)
            return (name, key.mark, reader)
        }
    }

    /// Reports every key that wasn't asked for. Call it once, last.
    func finish() {
        for (key, _) in fields {
            guard let text = key.scalar?.string else {
                problems.error("a key in \(name) must be text", at: key.mark)
                continue
            }
            guard !asked.contains(text) else { continue }
            let suggestion = NearestName.of(text, in: asked).map { "; did you mean '\($0)'?" }
            problems.error(
                "unknown key '\(text)' in \(name)\(suggestion ?? "; known are \(asked.joined(separator: ", "))")",
                at: key.mark)
        }
    }

    private var name: String { path.isEmpty ? "the file" : path }
}
