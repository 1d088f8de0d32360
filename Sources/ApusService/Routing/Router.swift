// SPDX-License-Identifier: Apache-2.0
public import ApusContract
public import ApusHTTP

/// Finds what answers a method and a path: a trie over the segments of the path, built once.
///
/// A literal segment wins over a parameter; where it leads to nothing, the parameter is tried. Segments are compared as
/// bytes, after decoding where the request has escapes. A path with a trailing slash is another path. `HEAD` is answered
/// by `GET` unless it has a route of its own.
public struct Router<Value: Sendable>: Sendable {
    private struct Node: Sendable {
        var literals: [(text: [UInt8], node: Int)] = []
        var parameter: Int?
        var routes: [(method: HTTPMethod, value: Value)] = []
    }

    /// One entry of a router.
    public struct Route: Sendable {
        /// The method that it answers.
        public let method: HTTPMethod
        /// The paths that it answers.
        public let path: PathTemplate
        /// What ``Router/match(_:_:)`` gives for it.
        public let value: Value

        public init(_ method: HTTPMethod, _ path: PathTemplate, _ value: Value) {
            self.method = method
            self.path = path
            self.value = value
        }
    }

    private var nodes: [Node]

    /// Builds the trie.
    ///
    /// - Throws: ``RouterError`` that lists every invalid path and every route that stands twice.
    public init(_ routes: [Route]) throws(RouterError) {
        var nodes = [Node()]
        var problems: [String] = []
        for route in routes {
            problems += route.path.problems
            if route.path.parameters.count > PathCaptures.limit {
                problems.append("\(route.path) has more than \(PathCaptures.limit) parameters")
            }
            let node = Self.node(for: route.path, in: &nodes)
            if nodes[node].routes.contains(where: { $0.method == route.method }) {
                problems.append("\(route.method) \(route.path) stands twice")
            }
            nodes[node].routes.append((route.method, route.value))
        }
        guard problems.isEmpty else { throw RouterError(problems: problems) }
        self.nodes = nodes
    }

    private static func node(for path: PathTemplate, in nodes: inout [Node]) -> Int {
        var current = 0
        for segment in path.segments {
            let next: Int?
            switch segment {
            case .parameter: next = nodes[current].parameter
            case .literal(let text): next = nodes[current].literals.first { $0.text == Array(text.utf8) }?.node
            }
            if let next {
                current = next
                continue
            }
            nodes.append(Node())
            switch segment {
            case .parameter: nodes[current].parameter = nodes.count - 1
            case .literal(let text): nodes[current].literals.append((Array(text.utf8), nodes.count - 1))
            }
            current = nodes.count - 1
        }
        return current
    }

    /// What there is for `method` at `path`, which is still percent-encoded and has no query.
    public func match(_ method: HTTPMethod, _ path: Substring) -> RouteMatch<Value> {
        var path = path
        return path.withUTF8 { bytes in
            guard bytes.first == UInt8(ascii: "/") else { return .notFound }
            var captures = PathCaptures()
            guard let node = find(bytes, from: 1, at: 0, &captures) else { return .notFound }
            let routes = nodes[node].routes
            if let route = routes.first(where: { $0.method == method }) { return .found(route.value, captures) }
            if method == .head, let route = routes.first(where: { $0.method == .get }) {
                return .found(route.value, captures)
            }
            return .methodNotAllowed(Self.allowed(routes.map(\.method)))
        }
    }

    private static func allowed(_ methods: [HTTPMethod]) -> [HTTPMethod] {
        methods.contains(.get) && !methods.contains(.head) ? methods + [.head] : methods
    }

    /// The node that the rest of the path leads to, if it has routes.
    private func find(
        _ path: UnsafeBufferPointer<UInt8>, from start: Int, at node: Int, _ captures: inout PathCaptures
    ) -> Int? {
        guard start <= path.count else { return nodes[node].routes.isEmpty ? nil : node }
        var end = start
        var hasEscapes = false
        while end < path.count, path[end] != UInt8(ascii: "/") {
            if path[end] == UInt8(ascii: "%") { hasEscapes = true }
            end += 1
        }
        let segment = UnsafeBufferPointer(rebasing: path[start..<end])
        for literal in nodes[node].literals where Self.matches(segment, literal.text, hasEscapes) {
            if let found = find(path, from: end + 1, at: literal.node, &captures) { return found }
        }
        guard let parameter = nodes[node].parameter, end > start else { return nil }
        captures.append(start..<end)
        if let found = find(path, from: end + 1, at: parameter, &captures) { return found }
        captures.removeLast()
        return nil
    }

    private static func matches(_ segment: UnsafeBufferPointer<UInt8>, _ text: [UInt8], _ hasEscapes: Bool) -> Bool {
        if !hasEscapes { return segment.count == text.count && segment.elementsEqual(text) }
        let encoded = String(decoding: segment, as: UTF8.self)
        return PercentCoding.decode(encoded[...]).map { $0.utf8.elementsEqual(text) } ?? false
    }
}
