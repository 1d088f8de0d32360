// SPDX-License-Identifier: Apache-2.0

extension JSONDocument {
    /// The whole document as a tree. Recursive: only for documents of a depth that was limited.
    func tree() -> JSONValue { tree(0) }

    private func tree(_ node: Int) -> JSONValue {
        switch nodes[node].kind {
        case .null: return .null
        case .true: return .boolean(true)
        case .false: return .boolean(false)
        case .number: return number(nodes[node])
        case .string, .name: return .string(string(nodes[node]))
        case .array:
            var elements: [JSONValue] = []
            elements.reserveCapacity(Int(nodes[node].length))
            var index = node + 1
            while index < nodes[node].next {
                elements.append(tree(index))
                index = Int(nodes[index].next)
            }
            return .array(elements)
        case .object:
            var members: [JSONValue.Member] = []
            members.reserveCapacity(Int(nodes[node].length))
            forEachName(of: node) { members.append(.init(string(nodes[$0]), tree($0 + 1))) }
            return .object(members)
        }
    }

    private func number(_ node: JSONNode) -> JSONValue {
        if !node.isSpecial, let integer = JSONNumber.integer(slice(node), as: Int.self) { return .integer(integer) }
        // The scanner has refused those that are too large.
        return .number(JSONNumber.double(slice(node)) ?? 0)
    }
}
