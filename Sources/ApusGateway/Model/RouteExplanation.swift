// SPDX-License-Identifier: Apache-2.0

/// Which routes were considered for a request, and why each of them lost: what `apus explain` walks.
///
/// Decided by plain comparison of every route, not by the compiled table, with which it must agree.
public struct RouteExplanation: Sendable, Equatable {
    /// Why a route does not get the request.
    public enum Verdict: Sendable, Equatable {
        /// It gets it.
        case chosen
        /// It asks for other hosts.
        case otherHost
        /// Its path doesn't match; this many segments do.
        case otherPath(matchingSegments: Int)
        /// It takes the path, but not the method.
        case otherMethod
        /// It would take the request, but another route comes first.
        case outranked(by: String, because: String)
    }

    /// Every route, in the order of the file.
    public let routes: [(name: String, verdict: Verdict)]

    /// The name of the route that gets the request, if any does.
    public var chosen: String? { routes.first { $0.verdict == .chosen }?.name }

    /// Explains a request.
    ///
    /// - Parameters:
    ///   - path: In normal form, without the query.
    ///   - host: The name without a port; empty for none.
    public init(_ configuration: [RouteConfiguration], method: String, host: String, path: String) {
        let host = host.lowercased()
        var verdicts = configuration.map { Self.verdict($0.match, method, host, path) }
        let takers = configuration.indices.filter { verdicts[$0] == nil }
        let winner = takers.min { left, right in
            RouteOrder.reason(configuration[left].match, configuration[right].match, host) != nil
                || (RouteOrder.reason(configuration[right].match, configuration[left].match, host) == nil
                    && left < right)
        }
        for index in takers {
            guard let winner else { break }
            let reason = RouteOrder.reason(configuration[winner].match, configuration[index].match, host)
            verdicts[index] =
                index == winner
                ? .chosen
                : .outranked(by: configuration[winner].name, because: reason ?? "it stands earlier in the file")
        }
        routes = zip(configuration, verdicts).map { ($0.name, $1 ?? .chosen) }
    }

    public static func == (left: RouteExplanation, right: RouteExplanation) -> Bool {
        left.routes.elementsEqual(right.routes) { $0.name == $1.name && $0.verdict == $1.verdict }
    }

    /// Why a route can't take a request, or nil if it can.
    private static func verdict(_ match: RouteMatch, _ method: String, _ host: String, _ path: String) -> Verdict? {
        guard match.hosts.isEmpty || RouteOrder.best(match.hosts, host) != nil else { return .otherHost }
        let parts = path == "/" ? [] : path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        let segments = match.path.segments
        var matching = 0
        for (part, segment) in zip(parts, segments) {
            switch segment {
            case .literal(let text): guard text == part else { return .otherPath(matchingSegments: matching) }
            case .parameter: guard !part.isEmpty else { return .otherPath(matchingSegments: matching) }
            }
            matching += 1
        }
        guard match.path.isPrefix ? parts.count >= segments.count : parts.count == segments.count else {
            return .otherPath(matchingSegments: matching)
        }
        let methods = RouteOrder.methods(match)
        return methods.isEmpty || methods.contains(method) ? nil : .otherMethod
    }
}
