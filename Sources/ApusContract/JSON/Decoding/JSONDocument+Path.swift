// SPDX-License-Identifier: Apache-2.0

extension JSONDocument {
    /// The way from the root to the node. Found by going down from the root, for it is only asked for when something
    /// went wrong.
    func path(of node: Int) -> [any CodingKey] {
        var path: [any CodingKey] = []
        var container = 0
        while container < node {
            var index = container + 1
            var count = 0
            while true {
                let isMember = nodes[index].kind == .name
                let value = isMember ? index + 1 : index
                if node < nodes[value].next {
                    path.append(
                        isMember ? JSONKey(stringValue: string(nodes[index])) : JSONKey(intValue: count))
                    container = value
                    break
                }
                index = Int(nodes[value].next)
                count += 1
            }
        }
        return path
    }

    /// Why the value at `node` is none of `type`.
    func mismatch(_ type: Any.Type, _ node: Int) -> DecodingError {
        let kind = kind(of: node)
        let context = DecodingError.Context(
            codingPath: path(of: node), debugDescription: "A value of type \(type) is expected, not \(kind).")
        return nodes[node].kind == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    /// The value at `node` is of the right kind, but `reason`.
    func corrupted(_ node: Int, _ reason: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: path(of: node), debugDescription: reason))
    }

    private func kind(of node: Int) -> String {
        switch nodes[node].kind {
        case .null: "null"
        case .true, .false: "a boolean"
        case .number: "a number"
        case .string, .name: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
