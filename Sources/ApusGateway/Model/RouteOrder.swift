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

    /// Whether a host pattern is tried before another: exact names first, then the longer wildcard.
    static func isMoreSpecific(_ left: HostPattern, _ right: HostPattern) -> Bool {
        if left.isWildcard != right.isWildcard { return !left.isWildcard }
        let (leftLength, rightLength) = (left.name.utf8.count, right.name.utf8.count)
        return leftLength != rightLength ? leftLength > rightLength : left.name < right.name
    }

    /// The most specific of `patterns` that takes `host` (lower case, without a port), if any does.
    static func best(_ patterns: [HostPattern], _ host: String) -> HostPattern? {
        patterns.filter { pattern in
            pattern.isWildcard
                ? host.hasSuffix("." + pattern.name) && host.utf8.count > pattern.name.utf8.count + 1
                : host == pattern.name
        }.min(by: isMoreSpecific)
    }

    /// Why `left` wins over `right` where both take a request for `host`; nil if it doesn't, or only by its place in
    /// the file.
    static func reason(_ left: RouteMatch, _ right: RouteMatch, _ host: String) -> String? {
        switch (best(left.hosts, host), best(right.hosts, host)) {
        case (.some, nil): return "it names the host"
        case (nil, .some): return nil
        case (let first?, let second?) where first != second:
            return isMoreSpecific(first, second) ? "its host \(first) is more specific" : nil
        default: break
        }
        for (first, second) in zip(left.path.segments, right.path.segments) {
            switch (first, second) {
            case (.literal(let text), .parameter): return "'\(text)' is more specific than a parameter"
            case (.parameter, .literal): return nil
            default: break
            }
        }
        let (leftCount, rightCount) = (left.path.segments.count, right.path.segments.count)
        if leftCount != rightCount { return leftCount > rightCount ? "its path is longer" : nil }
        if left.path.isPrefix != right.path.isPrefix {
            return right.path.isPrefix ? "it names the path exactly" : nil
        }
        return !left.methods.isEmpty && right.methods.isEmpty ? "it names the method" : nil
    }
}
