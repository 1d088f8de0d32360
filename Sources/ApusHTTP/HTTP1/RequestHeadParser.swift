// SPDX-License-Identifier: Apache-2.0

/// Reads a complete request head (RFC 9112, sections 3 to 6), strictly.
enum RequestHeadParser {
    /// A head, how its body is framed, and what the connection does afterwards.
    struct Result {
        var head: RequestHead
        var framing: BodyFraming
        var keepAlive: Bool
        var expectsContinue: Bool
    }

    /// - Parameter bytes: from the first byte of the request line to the empty line, included.
    static func parse(_ bytes: UnsafeRawBufferPointer, limits: HeadLimits) throws(ProtocolError) -> Result {
        var position = 0
        while CharacterClass.isToken(bytes[position]) { position += 1 }
        guard position > 0, position <= 32, bytes[position] == UInt8(ascii: " ") else {
            throw .malformed("the request line does not begin with a method and a single space")
        }
        let method = HTTPMethod(string(bytes, 0, position))
        position += 1
        let targetStart = position
        while CharacterClass.isTarget(bytes[position]) { position += 1 }
        let targetEnd = position
        guard targetEnd > targetStart, bytes[position] == UInt8(ascii: " ") else {
            throw .malformed("the request target holds an invalid character or is not followed by a single space")
        }
        guard targetEnd - targetStart <= limits.targetBytes else { throw .uriTooLong }
        position += 1
        let version = try self.version(bytes, position)
        let entries = try FieldParser.parse(bytes, from: position + 10, limit: limits.fieldCount)
        let storage = [UInt8](unsafeUninitializedCapacity: bytes.count + 128) { buffer, count in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
            count = bytes.count
        }
        var head = RequestHead(
            method: method, target: string(bytes, targetStart, targetEnd),
            headers: Headers(bytes: storage, entries: entries), version: version)
        try resolveTarget(&head)
        let framing = try BodyFraming.ofRequest(head.headers, version: version)
        return Result(
            head: head, framing: framing, keepAlive: keepAlive(head.headers, version),
            expectsContinue: try expectsContinue(head.headers, version))
    }

    static func keepAlive(_ headers: Headers, _ version: HTTPVersion) -> Bool {
        guard headers.contains(.connection) else { return version == .http11 }
        if headers.hasListElement(.connection, "close") { return false }
        return version == .http11 || headers.hasListElement(.connection, "keep-alive")
    }

    private static func expectsContinue(_ headers: Headers, _ version: HTTPVersion) throws(ProtocolError) -> Bool {
        guard let expectation = headers[.expect] else { return false }
        guard expectation.lowercased() == "100-continue" else { throw .expectation }
        return version == .http11
    }

    private static func version(_ bytes: UnsafeRawBufferPointer, _ start: Int) throws(ProtocolError) -> HTTPVersion {
        let malformed = ProtocolError.malformed("the request line does not end with a single space and the version")
        guard bytes.count >= start + 10, bytes[start + 8] == 0x0D, bytes[start + 9] == 0x0A else { throw malformed }
        let version = UnsafeRawBufferPointer(rebasing: bytes[start..<start + 8])
        if version.elementsEqual("HTTP/1.1".utf8) { return .http11 }
        if version.elementsEqual("HTTP/1.0".utf8) { return .http10 }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard version.starts(with: "HTTP/".utf8), digits.contains(version[5]), version[6] == UInt8(ascii: "."),
            digits.contains(version[7])
        else { throw malformed }
        throw .version
    }

    /// Checks `Host` and brings a target in absolute form into origin form.
    private static func resolveTarget(_ head: inout RequestHead) throws(ProtocolError) {
        var hosts = 0
        for entry in head.headers.entries where entry.token == HeaderName.host.token {
            hosts += 1
            let value = head.headers.bytes[Int(entry.valueStart)..<Int(entry.valueEnd)]
            guard value.allSatisfy(CharacterClass.isHost) else {
                throw .malformed("Host holds a character that no host name or port has")
            }
        }
        guard hosts <= 1 else { throw .malformed("Host is there more than once") }
        guard hosts == 1 || head.version == .http10 else { throw .malformed("Host is missing") }

        switch head.target.utf8.first {
        case UInt8(ascii: "/"): return
        case UInt8(ascii: "*"):
            guard head.target == "*", head.method == .options else {
                throw .malformed("the target * is for OPTIONS only")
            }
        default:
            guard head.method != .connect else {
                throw .malformed("CONNECT is not supported")
            }
            try absoluteForm(&head)
        }
    }

    private static func absoluteForm(_ head: inout RequestHead) throws(ProtocolError) {
        let lowered = head.target.prefix(8).lowercased()
        let scheme = lowered.hasPrefix("http://") ? 7 : lowered == "https://" ? 8 : 0
        guard scheme > 0 else { throw .malformed("the request target is neither a path nor an http URL") }
        let rest = head.target.utf8.dropFirst(scheme)
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        guard !authority.isEmpty, authority.allSatisfy(CharacterClass.isHost) else {
            throw .malformed("the host of the request target is empty or holds an invalid character")
        }
        head.headers[.host] = String(Substring(authority))
        let path = rest[authority.endIndex...]
        head.target = path.first == UInt8(ascii: "/") ? String(Substring(path)) : "/" + String(Substring(path))
    }

    private static func string(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self)
    }
}
