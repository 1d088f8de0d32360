// SPDX-License-Identifier: Apache-2.0

/// Which of the routes that take a request wins: the most specific.
///
/// In this order: an exact host before a wildcard (the longer name first) before no host; then the path, segment by
/// segment, a literal before a parameter before `/**`; then a route with methods before one without; then the order of
/// the file.
enum RouteOrder {
    /// Whether every request that `later` takes goes to `earlier`, which stands before it in the file.
    static func shadows(_ earlier: RouteMatch, _ later: RouteMatch) -> Bool {
        guard shape(earlier.path) == shape(later.path), covers(earlier.hosts, later.hosts) else { return false }
        if earlier.methods.isEmpty { return later.methods.isEmpty }
        guard !later.methods.isEmpty else { return false }
        return methods(later).isSubset(of: methods(earlier))
    }

    /// Methods with what they include.
    static func methods(_ match: RouteMatch) -> Set<String> {
        var methods = Set(match.methods)
        if methods.contains("GET") { methods.insert("HEAD") }
        return methods
    }

    /// A pattern without the names of its parameters: two patterns of one shape match the same paths.
    static func shape(_ path: PathPattern) -> String {
        let parts = path.segments.map { segment in
            switch segment {
            case .literal(let text): "/" + text
            case .parameter: "/{}"
            }
        }
        return parts.joined() + (path.isPrefix ? "/**" : "")
    }

    private static func covers(_ earlier: [HostPattern], _ later: [HostPattern]) -> Bool {
        earlier.isEmpty ? later.isEmpty : !later.isEmpty && Set(later).isSubset(of: earlier)
    }
}
