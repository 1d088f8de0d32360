// SPDX-License-Identifier: Apache-2.0

/// One entry of a stream.
public struct RedisStreamEntry: Sendable, Hashable {
    /// Its id, such as `1526919030474-55`.
    public var id: String
    /// Its fields, in order.
    public var fields: [(name: String, value: [UInt8])]

    /// An entry as the server has it.
    public init(id: String, fields: [(name: String, value: [UInt8])]) {
        self.id = id
        self.fields = fields
    }

    /// The first value under `name`.
    public subscript(name: String) -> [UInt8]? {
        fields.first { $0.name == name }?.value
    }

    public static func == (left: RedisStreamEntry, right: RedisStreamEntry) -> Bool {
        left.id == right.id && left.fields.elementsEqual(right.fields) { $0 == $1 }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
    }

    /// Reads `[id, [name, value, …]]`. An entry that was deleted meanwhile has no fields: nil.
    init?(_ value: RedisValue) throws(RedisError) {
        guard let parts = value.array, parts.count == 2, let id = parts[0].string else { throw .unexpected("a stream") }
        guard let words = parts[1].array else { return nil }
        self.id = id
        fields = []
        for index in stride(from: 0, to: words.count - 1, by: 2) {
            guard let name = words[index].string, let value = words[index + 1].bytes else {
                throw .unexpected("a stream")
            }
            fields.append((name, value))
        }
    }

    static func list(_ value: RedisValue) throws(RedisError) -> [RedisStreamEntry] {
        var entries: [RedisStreamEntry] = []
        for element in value.array ?? [] {
            if case .null = element { continue }
            if let entry = try RedisStreamEntry(element) { entries.append(entry) }
        }
        return entries
    }
}
