// SPDX-License-Identifier: Apache-2.0
public import ApusCore

extension NATSConfiguration {
    /// Reads an address, as `BROKER_URL` holds it:
    ///
    /// - `nats://[user:password@|token@]host[:port][,host[:port]…]`
    /// - `tls://…`, the same with TLS; `?ca=FILE`, `&cert=FILE&key=FILE` name PEM files
    ///
    /// User, password and token are percent-decoded. Everything else has its default.
    ///
    /// - Throws: ``InvalidConfiguration`` with every problem; its text repeats nothing of what may be secret.
    public init(url: String) throws(InvalidConfiguration) {
        var parts = NATSURLParts(url)
        let configuration = parts.configuration()
        guard let configuration, parts.problems.isEmpty else { throw InvalidConfiguration(parts.problems) }
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self = configuration
    }
}

/// An address while it is taken apart.
private struct NATSURLParts {
    private let scheme: Substring
    private var userinfo: Substring?
    private var hosts = Substring()
    private var query: [Substring] = []
    private(set) var problems: [ConfigurationProblem] = []

    init(_ url: String) {
        guard let mark = url.firstRange(of: "://") else {
            scheme = ""
            problems.append(.init("url", "must begin with nats:// or tls://"))
            return
        }
        scheme = url[..<mark.lowerBound]
        var rest = url[mark.upperBound...]
        // A secret may hold any of these marks unescaped: the last at sign ends it.
        if let at = rest.lastIndex(of: "@") {
            userinfo = rest[..<at]
            rest = rest[rest.index(after: at)...]
        }
        if let question = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: question)...].split(separator: "&")
            rest = rest[..<question]
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        hosts = rest
    }

    mutating func configuration() -> NATSConfiguration? {
        let isTLS: Bool
        switch scheme.lowercased() {
        case "nats": isTLS = false
        case "tls": isTLS = true
        case "": return nil
        default:
            problems.append(.init("url", "the scheme must be nats or tls, is \(scheme.prefix(20))"))
            return nil
        }
        var configuration = NATSConfiguration(endpoints: endpoints(), credentials: credentials())
        if isTLS {
            configuration.tls = NATSTLS(
                authoritiesFile: parameter("ca"), certificateFile: parameter("cert"), privateKeyFile: parameter("key"))
        }
        for item in query {
            problems.append(.init("url", "doesn't know the parameter \(item.prefix { $0 != "=" }.prefix(20))"))
        }
        return configuration
    }

    private mutating func endpoints() -> [NATSEndpoint] {
        guard !hosts.isEmpty else {
            problems.append(.init("url", "needs a host"))
            return []
        }
        return hosts.split(separator: ",", omittingEmptySubsequences: false).compactMap { endpoint($0) }
    }

    private mutating func endpoint(_ authority: Substring) -> NATSEndpoint? {
        var host = authority
        var port = NATSEndpoint.defaultPort
        let afterBracket = authority.lastIndex(of: "]") ?? authority.startIndex
        if let colon = authority[afterBracket...].lastIndex(of: ":") {
            host = authority[..<colon]
            guard let number = Int(authority[authority.index(after: colon)...]), (1...65_535).contains(number) else {
                problems.append(.init("url", "the port must be a number from 1 to 65535"))
                return nil
            }
            port = number
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.contains("/") else {
            problems.append(.init("url", "needs a host, and nothing after its port"))
            return nil
        }
        return NATSEndpoint(host: String(host), port: port)
    }

    private mutating func credentials() -> NATSCredentials? {
        guard let userinfo else { return nil }
        let pieces = userinfo.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let decoded = pieces.map { String($0).percentDecoded }
        guard let first = decoded.first ?? nil, let second = decoded.last ?? nil else {
            problems.append(.init("url", "the user, the password or the token isn't percent-encoded rightly"))
            return nil
        }
        problems.require(!first.isEmpty, "url", "the user or the token is empty")
        problems.require(!second.isEmpty, "url", "the password is empty")
        return decoded.count == 1 ? NATSCredentials(token: first) : NATSCredentials(user: first, password: second)
    }

    private mutating func parameter(_ name: String) -> String? {
        guard let index = query.firstIndex(where: { $0.hasPrefix(name + "=") }) else { return nil }
        let value = String(query.remove(at: index).dropFirst(name.count + 1)).percentDecoded
        problems.require(value?.isEmpty == false, "url", "the parameter \(name) is empty or not encoded rightly")
        return value
    }
}

extension String {
    /// With `%41` replaced by the byte it stands for; nil if that is broken or the result isn't UTF-8.
    fileprivate var percentDecoded: String? {
        guard utf8.contains(UInt8(ascii: "%")) else { return self }
        var bytes: [UInt8] = []
        var rest = Substring(self).utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let number = UInt8(Substring(rest.prefix(2)), radix: 16) else { return nil }
            bytes.append(number)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    fileprivate func firstRange(of mark: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(mark) { return start..<index(start, offsetBy: mark.count) }
            start = index(after: start)
        }
        return nil
    }
}
