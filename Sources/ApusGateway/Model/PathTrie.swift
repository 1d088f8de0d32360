// SPDX-License-Identifier: Apache-2.0

/// The path patterns of one host: segments as edges between numbered nodes, all edges in one open-addressed table.
///
/// Looking a path up allocates nothing, and visits a node at most once: literal before parameter before `/**`.
struct PathTrie: Sendable {
    /// A route at the end of a pattern.
    struct Entry: Sendable {
        let methods: UInt32
        let route: Int32
    }

    /// Holds numbers alone, so that reading one counts no references.
    private struct Node: Sendable {
        var parameter: Int32 = -1
        /// Where its routes stand in `entries`: first those of the exact path, then those of everything below.
        var exact: Int32 = 0
        var below: Int32 = 0
        var end: Int32 = 0
        var hasLiterals = false
    }

    private struct Edge: Sendable {
        /// The node that the edge leads to; -1 for a free slot.
        var target: Int32 = -1
        var source: Int32 = 0
        var start: Int32 = 0
        var length: Int32 = 0
    }

    private var nodes = [Node()]
    private var entries: [Entry] = []
    private var edges: [Edge] = []
    private var literals: [UInt8] = []
    private var mask = 0

    /// A trie of patterns with the routes that they belong to. The order counts where patterns are alike: the first
    /// route that names methods wins, then the first that doesn't.
    init(_ patterns: [(pattern: PathPattern, entry: Entry)]) {
        let literals = patterns.reduce(0) { $0 + $1.pattern.segments.count }
        var slots = 4
        while slots < literals * 2 + 2 { slots *= 2 }
        edges = [Edge](repeating: Edge(), count: slots)
        mask = slots - 1
        var (exact, below): ([Int32: [Entry]], [Int32: [Entry]]) = ([:], [:])
        for (pattern, entry) in patterns {
            let node = insert(pattern)
            if pattern.isPrefix {
                below[node, default: []].append(entry)
            } else {
                exact[node, default: []].append(entry)
            }
        }
        for index in nodes.indices {
            nodes[index].exact = Int32(entries.count)
            entries += Self.ordered(exact[Int32(index)] ?? [])
            nodes[index].below = Int32(entries.count)
            entries += Self.ordered(below[Int32(index)] ?? [])
            nodes[index].end = Int32(entries.count)
        }
    }

    /// The route for a normal path, or -1.
    ///
    /// - Parameter missed: Collects the methods of routes that take the path but not the method.
    func find(_ path: UnsafeRawBufferPointer, method: UInt32, missed: inout UInt32) -> Int32 {
        guard path.count > 1 else { return end(nodes[0], method, &missed) }
        return find(from: 0, path, at: 1, method, &missed)
    }

    private func find(
        from node: Int32, _ path: UnsafeRawBufferPointer, at start: Int, _ method: UInt32, _ missed: inout UInt32
    ) -> Int32 {
        var hash = Self.seed(node)
        var position = start
        while position < path.count, path[position] != UInt8(ascii: "/") {
            hash = Self.mix(hash, path[position])
            position += 1
        }
        let current = nodes[Int(node)]
        if current.hasLiterals {
            let next = follow(node, hash, UnsafeRawBufferPointer(rebasing: path[start..<position]))
            if next >= 0 {
                let found = go(on: next, path, at: position, method, &missed)
                if found >= 0 { return found }
            }
        }
        if current.parameter >= 0, position > start {
            let found = go(on: current.parameter, path, at: position, method, &missed)
            if found >= 0 { return found }
        }
        return first(current.below, current.end, method, &missed)
    }

    private func go(
        on node: Int32, _ path: UnsafeRawBufferPointer, at position: Int, _ method: UInt32, _ missed: inout UInt32
    ) -> Int32 {
        position == path.count
            ? end(nodes[Int(node)], method, &missed) : find(from: node, path, at: position + 1, method, &missed)
    }

    private func end(_ node: Node, _ method: UInt32, _ missed: inout UInt32) -> Int32 {
        first(node.exact, node.end, method, &missed)
    }

    private func first(_ start: Int32, _ end: Int32, _ method: UInt32, _ missed: inout UInt32) -> Int32 {
        for index in Int(start)..<Int(end) {
            let entry = entries[index]
            if entry.methods & method != 0 { return entry.route }
            missed |= entry.methods
        }
        return -1
    }

    // MARK: Edges

    private func follow(_ node: Int32, _ hash: UInt64, _ segment: UnsafeRawBufferPointer) -> Int32 {
        var slot = Self.slot(hash) & mask
        while true {
            let edge = edges[slot]
            guard edge.target >= 0 else { return -1 }
            if edge.source == node, Int(edge.length) == segment.count, equals(edge, segment) { return edge.target }
            slot = (slot + 1) & mask
        }
    }

    private func equals(_ edge: Edge, _ segment: UnsafeRawBufferPointer) -> Bool {
        let start = Int(edge.start)
        for index in 0..<segment.count where literals[start + index] != segment[index] { return false }
        return true
    }

    /// The node at the end of a pattern.
    private mutating func insert(_ pattern: PathPattern) -> Int32 {
        var node: Int32 = 0
        for segment in pattern.segments {
            switch segment {
            case .literal(let text): node = literal(node, Array(text.utf8))
            case .parameter:
                if nodes[Int(node)].parameter < 0 { nodes[Int(node)].parameter = newNode() }
                node = nodes[Int(node)].parameter
            }
        }
        return node
    }

    private mutating func literal(_ node: Int32, _ segment: [UInt8]) -> Int32 {
        let hash = segment.reduce(Self.seed(node), Self.mix)
        let found = segment.withUnsafeBytes { follow(node, hash, $0) }
        if found >= 0 { return found }
        let target = newNode()
        nodes[Int(node)].hasLiterals = true
        var slot = Self.slot(hash) & mask
        while edges[slot].target >= 0 { slot = (slot + 1) & mask }
        edges[slot] = Edge(
            target: target, source: node, start: Int32(literals.count), length: Int32(segment.count))
        literals.append(contentsOf: segment)
        return target
    }

    private mutating func newNode() -> Int32 {
        nodes.append(Node())
        return Int32(nodes.count - 1)
    }

    private static func ordered(_ entries: [Entry]) -> [Entry] {
        entries.filter { $0.methods != MethodBits.all } + entries.filter { $0.methods == MethodBits.all }
    }

    private static func seed(_ node: Int32) -> UInt64 {
        0xcbf2_9ce4_8422_2325 ^ (UInt64(UInt32(bitPattern: node)) &* 0x9E37_79B9_7F4A_7C15)
    }

    private static func mix(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }

    private static func slot(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: (hash ^ (hash >> 32)) & 0x7fff_ffff)
    }
}
