// SPDX-License-Identifier: Apache-2.0

/// The address of something that a service uses: `postgres://user:password@host/db`, `sqlite:PATH`,
/// `static:users=http://127.0.0.1:9001`.
///
/// Holds the text as it was given, for the one who understands the scheme, and shows it with passwords masked: the
/// password of the authority, and query values whose names say that they are secret.
public struct ResourceURL: Sendable, Hashable {
    /// The whole text, passwords included. Don't log it: log the value itself.
    public let string: String
    /// The scheme in lower case, without the colon.
    public let scheme: String

    static let placeholder = ResourceURL(string: "unset:", scheme: "unset")

    private init(string: String, scheme: String) {
        self.string = string
        self.scheme = scheme
    }

    /// Reads `text`, or returns nil if it doesn't begin with a scheme and a colon, or has control characters.
    public init?(_ text: String) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let scheme = text.utf8[..<colon]
        guard let first = scheme.first, Self.isLetter(first),
            scheme.allSatisfy({ Self.isLetter($0) || Self.isSchemeMark($0) }),
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
        else { return nil }
        string = text
        self.scheme = text[..<colon].lowercased()
    }

    /// `text` with everything masked that could be a password, whether or not it is a valid URL. Where it is unclear
    /// how far a password goes, more is masked rather than less.
    public static func masked(_ text: String) -> String {
        guard text.hasPrefix("static:") else { return maskedOne(Substring(text)) }
        var shown = "static:"
        var rest = text.dropFirst(shown.count)
        while let end = rest.firstIndex(where: { $0 == "," || $0 == ";" }) {
            shown += maskedOne(rest[..<end]) + String(rest[end])
            rest = rest[rest.index(after: end)...]
        }
        return shown + maskedOne(rest)
    }

    private static func maskedOne(_ text: Substring) -> String {
        let (address, query) = split(maskedAuthority(text), at: "?")
        guard let query else { return String(address) }
        let items = query.split(separator: "&", omittingEmptySubsequences: false).map { item -> String in
            let (name, value) = split(item, at: "=")
            return value != nil && isSecretName(name) ? "\(name)=\(Secret.mask)" : String(item)
        }
        return address + "?" + items.joined(separator: "&")
    }

    /// What stands between the first colon of the authority and the last `@` is a password. Where no `//` follows the
    /// scheme, the text may be a `user:password@host` without one.
    private static func maskedAuthority(_ text: Substring) -> String {
        var start = text.startIndex
        if let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") {
            start = text.index(colon, offsetBy: 3)
        }
        guard let at = text[start...].lastIndex(of: "@"), let colon = text[start..<at].firstIndex(of: ":") else {
            return String(text)
        }
        return text[...colon] + Secret.mask + text[at...]
    }

    private static func split(_ text: some StringProtocol, at mark: Character) -> (Substring, Substring?) {
        let text = Substring(text)
        guard let index = text.firstIndex(of: mark) else { return (text, nil) }
        return (text[..<index], text[text.index(after: index)...])
    }

    private static func isSecretName(_ name: Substring) -> Bool {
        let name = name.lowercased()
        return ["password", "passwd", "pwd", "secret", "token", "key", "credential", "sig"].contains {
            name.contains($0)
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isSchemeMark(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.".utf8.contains(byte)
    }
}

extension ResourceURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The address with passwords masked.
    public var description: String { Self.masked(string) }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["masked": description], displayStyle: .struct) }
}
