// SPDX-License-Identifier: Apache-2.0

/// Reads a complete response head (RFC 9112, sections 4 to 6), as strictly as a request's: what a peer answers is passed
/// on to others.
enum ResponseHeadParser {
    struct Result {
        var head: ResponseHead
        var framing: BodyFraming
        var keepAlive: Bool
    }

    /// - Parameter bytes: from the first byte of the status line to the empty line, included.
    static func parse(
        _ bytes: UnsafeRawBufferPointer, to method: HTTPMethod, limits: HeadLimits
    ) throws(ProtocolError) -> Result {
        let malformed = ProtocolError.malformed("the status line is not valid")
        guard bytes.count > 14, bytes[8] == UInt8(ascii: " ") else { throw malformed }
        let versionBytes = UnsafeRawBufferPointer(rebasing: bytes[0..<8])
        let version: HTTPVersion
        if versionBytes.elementsEqual("HTTP/1.1".utf8) {
            version = .http11
        } else if versionBytes.elementsEqual("HTTP/1.0".utf8) {
            version = .http10
        } else {
            throw malformed
        }
        var code = 0
        for index in 9..<12 {
            guard bytes[index] >= UInt8(ascii: "0"), bytes[index] <= UInt8(ascii: "9") else { throw malformed }
            code = code * 10 + Int(bytes[index] - UInt8(ascii: "0"))
        }
        var position = 12
        if bytes[position] == UInt8(ascii: " ") {
            while CharacterClass.isValue(bytes[position]) { position += 1 }
        }
        guard code >= 100, bytes[position] == 0x0D, bytes[position + 1] == 0x0A else { throw malformed }
        let entries = try FieldParser.parse(bytes, from: position + 2, limit: limits.fieldCount)
        let storage = [UInt8](unsafeUninitializedCapacity: bytes.count + 64) { buffer, count in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
            count = bytes.count
        }
        let headers = Headers(bytes: storage, entries: entries)
        let status = HTTPStatus(code)
        let framing = try BodyFraming.ofResponse(headers, status: status, to: method, version: version)
        return Result(
            head: ResponseHead(status: status, headers: headers, version: version), framing: framing,
            keepAlive: framing != .untilClose && RequestHeadParser.keepAlive(headers, version))
    }
}
