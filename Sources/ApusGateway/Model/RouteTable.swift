// SPDX-License-Identifier: Apache-2.0
import ApusHTTP

/// The compiled routes: host → path → method. Immutable; looking a request up allocates nothing.
///
/// ``RouteOrder`` says which route wins, and ``RouteExplanation`` why: a plainer form of the same rules that the tests
/// compare with this one.
struct RouteTable: Sendable {
    enum Outcome: Equatable, Sendable {
        /// The route's place in the file.
        case route(Int)
        case notFound
        /// Routes take the path, with other methods: these bits of ``methods``.
        case methodNotAllowed(UInt32)
    }

    private struct Host: Sendable {
        let name: [UInt8]
        let isWildcard: Bool
        let paths: PathTrie
    }

    let methods: MethodBits
    /// The methods that any route takes, as `Allow` names them: the answer to `OPTIONS *`, which asks about the gateway and
    /// not about a path.
    let allowed: String
    /// Exact names, then wildcards, longest first.
    private let hosts: [Host]
    private let anyHost: PathTrie

    init(_ routes: [RouteMatch]) {
        let methods = MethodBits(naming: routes.flatMap(\.methods))
        self.methods = methods
        let mask = routes.reduce(methods.bit(of: .options)) { $0 | methods.mask(of: $1.methods) }
        // A tunnel is never made, whichever methods a route takes.
        allowed = methods.names(in: mask & ~methods.bit(of: .connect)).joined(separator: ", ")
        func trie(_ holds: (RouteMatch) -> Bool) -> PathTrie {
            PathTrie(
                routes.enumerated().filter { holds($0.element) }.map { index, match in
                    (match.path, PathTrie.Entry(methods: methods.mask(of: match.methods), route: Int32(index)))
                })
        }
        anyHost = trie { $0.hosts.isEmpty }
        hosts = Set(routes.flatMap(\.hosts)).sorted(by: RouteOrder.isMoreSpecific).map { host in
            Host(name: Array(host.name.utf8), isWildcard: host.isWildcard, paths: trie { $0.hosts.contains(host) })
        }
    }

    /// Whether any route asks for a host.
    var usesHosts: Bool { !hosts.isEmpty }

    /// The route for a request.
    ///
    /// - Parameters:
    ///   - path: In normal form (``NormalPath``), without the query.
    ///   - host: The `Host` field as it came; may be empty where ``usesHosts`` is false.
    ///   - method: A bit of ``methods``.
    func find(path: UnsafeRawBufferPointer, host: UnsafeRawBufferPointer, method: UInt32) -> Outcome {
        var missed: UInt32 = 0
        if !hosts.isEmpty {
            let name = Self.withoutPort(host)
            for candidate in hosts where Self.matches(candidate, name) {
                let found = candidate.paths.find(path, method: method, missed: &missed)
                if found >= 0 { return .route(Int(found)) }
            }
        }
        let found = anyHost.find(path, method: method, missed: &missed)
        if found >= 0 { return .route(Int(found)) }
        return missed == 0 ? .notFound : .methodNotAllowed(missed)
    }

    private static func withoutPort(_ host: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let colon = host.lastIndex(of: UInt8(ascii: ":")), host.last != UInt8(ascii: "]") else { return host }
        return UnsafeRawBufferPointer(rebasing: host[..<colon])
    }

    private static func matches(_ host: Host, _ name: UnsafeRawBufferPointer) -> Bool {
        var name = name
        if name.last == UInt8(ascii: ".") { name = UnsafeRawBufferPointer(rebasing: name.dropLast()) }
        let offset = name.count - host.name.count
        if host.isWildcard {
            guard offset >= 2, name[offset - 1] == UInt8(ascii: ".") else { return false }
        } else {
            guard offset == 0 else { return false }
        }
        for index in 0..<host.name.count where lower(name[offset + index]) != host.name[index] { return false }
        return true
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
