// SPDX-License-Identifier: Apache-2.0
public import ApusCore

extension RedisConfiguration {
    /// Reads an address, as `REDIS_URL` holds it:
    ///
    /// - `redis://[[user]:password@]host[:port][/database]`
    /// - `rediss://…`, the same with TLS; `?ca=FILE`, `&cert=FILE&key=FILE` name PEM files
    /// - `redis+unix://[[user]:password@]/path/to/socket[?db=2]`
    ///
    /// User and password are percent-decoded. Everything else has its default.
    ///
    /// - Throws: ``InvalidConfiguration`` with every problem; its text repeats nothing of the user or the password.
    public init(url: String) throws(InvalidConfiguration) {
        var parts = RedisURLParts(url)
        let configuration = parts.configuration()
        guard let configuration, parts.problems.isEmpty else { throw InvalidConfiguration(parts.problems) }
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self = configuration
    }
}

/// An address while it is taken apart.
private struct RedisURLParts {
    private let scheme: Substring
    private var userinfo: Substring?
    private var authority = Substring()
    private var path = Substring()
    private var query: [Substring] = []
    var problems: [ConfigurationProblem] = []

    init(_ url: String) {
        guard let mark = url.firstMark("://") else {
            scheme = ""
            problems.append(.init("url", "must begin with redis://, rediss:// or redis+unix://"))
            return
        }
        scheme = url[..<mark.lowerBound]
        var rest = url[mark.upperBound...]
        if let question = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: question)...].split(separator: "&")
            rest = rest[..<question]
        }
        // A password may hold an at sign or a slash that wasn't escaped: the last at sign ends it.
        if let at = rest.lastIndex(of: "@") {
            userinfo = rest[..<at]
            rest = rest[rest.index(after: at)...]
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        authority = rest[..<slash]
        path = rest[slash...]
    }

    mutating func configuration() -> RedisConfiguration? {
        let configuration: RedisConfiguration?
        switch scheme.lowercased() {
        case "redis", "rediss": configuration = tcp(isTLS: scheme.lowercased() == "rediss")
        case "redis+unix": configuration = unix()
        case "": return nil
        default:
            problems.append(
                .init("url", "the scheme must be redis, rediss or redis+unix, is \(scheme.prefix(20))"))
            return nil
        }
        for item in query { problems.append(.init("url", "doesn't know the parameter \(item.prefix { $0 != "=" })")) }
        return configuration
    }

    private mutating func tcp(isTLS: Bool) -> RedisConfiguration? {
        guard let (host, port) = hostAndPort() else { return nil }
        var configuration = RedisConfiguration(endpoint: .tcp(host: host, port: port), credentials: credentials())
        if isTLS {
            configuration.tls = RedisTLS(
                authoritiesFile: parameter("ca"), certificateFile: parameter("cert"), privateKeyFile: parameter("key"))
        }
        configuration.database = number(of: path.drop { $0 == "/" }) ?? 0
        return configuration
    }

    private mutating func unix() -> RedisConfiguration? {
        problems.require(authority.isEmpty, "url", "a redis+unix address has no host")
        let decoded = String(path).percentDecoded ?? ""
        problems.require(decoded.count > 1, "url", "needs the path of the socket")
        var configuration = RedisConfiguration(endpoint: .unix(path: decoded), credentials: credentials())
        configuration.database = parameter("db").flatMap { number(of: $0[...]) } ?? 0
        return configuration
    }

    private mutating func hostAndPort() -> (String, Int)? {
        var host = authority
        var port = 6_379
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
        guard !host.isEmpty else {
            problems.append(.init("url", "needs a host"))
            return nil
        }
        return (String(host), port)
    }

    private mutating func credentials() -> RedisCredentials? {
        guard let userinfo else { return nil }
        guard let colon = userinfo.firstIndex(of: ":") else {
            problems.append(.init("url", "needs a password after the user: user:password@host, or :password@host"))
            return nil
        }
        guard let user = String(userinfo[..<colon]).percentDecoded,
            let password = String(userinfo[userinfo.index(after: colon)...]).percentDecoded
        else {
            problems.append(.init("url", "the user or the password isn't percent-encoded rightly"))
            return nil
        }
        problems.require(!password.isEmpty, "url", "the password is empty")
        return RedisCredentials(user: user.isEmpty ? nil : user, password: password)
    }

    private mutating func number(of text: Substring) -> Int? {
        if text.isEmpty { return nil }
        guard let number = Int(text), number >= 0 else {
            problems.append(.init("url", "the database must be a number"))
            return nil
        }
        return number
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
        var rest = utf8[...]
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

    fileprivate func firstMark(_ mark: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(mark) { return start..<index(start, offsetBy: mark.count) }
            start = index(after: start)
        }
        return nil
    }
}
