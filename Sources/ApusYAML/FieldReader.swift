// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Yams

/// A strict view of one mapping of a file: hands out the values of the keys it is asked for and reports those that
/// nobody asked for, and those that are there more than once.
///
/// Take it, ask for every key there may be, and call ``finish()`` last; or take the fields of a mapping whose keys are
/// names with ``named()``.
public struct FieldReader {
    private struct Field {
        /// Nil for a key that isn't text.
        let key: String?
        let place: FilePlace?
        let value: Node
    }

    /// Where the mapping stands, for messages: `services.users`; empty for the whole file.
    public let path: String
    /// How messages call the mapping.
    public let name: String
    /// Where it stands.
    public let place: FilePlace?
    private let problems: ProblemCollector
    private let masks: KeyMasks
    /// The path with names replaced by `*`: what the document lists.
    private let section: String
    private let fields: [Field]
    private var asked: [String] = []

    init(
        _ mapping: Node.Mapping, path: String, name: String, section: String, place: FilePlace?, masks: KeyMasks,
        problems: ProblemCollector
    ) {
        self.path = path
        self.name = name
        self.section = section
        self.place = place
        self.masks = masks
        self.problems = problems
        fields = mapping.map { key, value in
            Field(key: key.scalar.map { masks.original($0.string) }, place: FilePlace(key.mark), value: value)
        }
    }

    /// The value of `key`, or nil if the mapping has none; reports one that is empty.
    public mutating func value(_ key: String) -> ValueReader? {
        asked.append(key)
        let section = section.isEmpty ? key : "\(section).\(key)"
        problems.asked(for: section)
        guard let field = fields.first(where: { $0.key == key }) else { return nil }
        let value = reader(of: field, key, section: section)
        guard !value.isNull else {
            problems.error("'\(value.path)' has no value; give one or remove the key", at: field.place)
            return nil
        }
        return value
    }

    /// The value of `key`; reports it when it is missing.
    ///
    /// - Parameter meaning: What the key is for.
    public mutating func required(_ key: String, _ meaning: String) -> ValueReader? {
        if !has(key), !hasMisspelt(key) {
            problems.error("\(name) has no '\(key)' (\(meaning))", at: place)
        }
        return value(key)
    }

    /// Whether the mapping has a key that surely means `key`: it is reported as unknown, which is enough.
    public func hasMisspelt(_ key: String) -> Bool {
        fields.contains { field in
            field.key.map { $0 != key && NearestName.nearest(to: $0, in: [key]) != nil } ?? false
        }
    }

    private func has(_ key: String) -> Bool {
        fields.contains { $0.key == key }
    }

    /// Every field, for mappings whose keys are names. Of a name that is there more than once the first counts.
    public func named() -> [(name: String, place: FilePlace?, value: ValueReader)] {
        let section = section.isEmpty ? "*" : "\(section).*"
        problems.asked(for: section)
        reportRepeated()
        var seen: Set<String> = []
        return fields.compactMap { field in
            guard let name = field.key else {
                problems.error("a name in \(self.name) must be text", at: field.place)
                return nil
            }
            guard seen.insert(name).inserted else { return nil }
            return (name, field.place, reader(of: field, name, section: section))
        }
    }

    /// Reports every key that wasn't asked for or is there more than once. Call it once, last.
    public func finish() {
        reportRepeated()
        for field in fields {
            guard let text = field.key else {
                problems.error("a key in \(name) must be text", at: field.place)
                continue
            }
            guard !asked.contains(text) else { continue }
            let suggestion = NearestName.nearest(to: text, in: asked).map { "; did you mean '\($0)'?" }
            problems.error(
                "unknown key '\(text)' in \(name)\(suggestion ?? "; known are \(asked.joined(separator: ", "))")",
                at: field.place)
        }
    }

    private func reportRepeated() {
        var first: [String: FilePlace?] = [:]
        for field in fields {
            guard let key = field.key else { continue }
            guard let place = first[key] else {
                first[key] = .some(field.place)
                continue
            }
            let line = place.map { "; the first is at line \($0.line)" } ?? ""
            problems.error("the key '\(key)' is given more than once in \(name)\(line)", at: field.place)
        }
    }

    private func reader(of field: Field, _ key: String, section: String) -> ValueReader {
        ValueReader(
            field.value, path: path.isEmpty ? key : "\(path).\(key)", section: section, key: field.place, masks: masks,
            problems: problems)
    }
}

extension FieldReader {
    /// Sets `target` to what `read` makes of the key's value; leaves the default where the key is missing or wrong.
    public mutating func set<Value>(_ target: inout Value, _ key: String, _ read: (ValueReader) -> Value?) {
        if let value = value(key).flatMap(read) { target = value }
    }

    /// As above, for what has no default.
    public mutating func set<Value>(_ target: inout Value?, _ key: String, _ read: (ValueReader) -> Value?) {
        if let value = value(key).flatMap(read) { target = value }
    }
}
