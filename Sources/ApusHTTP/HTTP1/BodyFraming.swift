// SPDX-License-Identifier: Apache-2.0

/// How the end of a body is found (RFC 9112, section 6). A message whose fields allow two answers is refused.
enum BodyFraming: Equatable {
    case none
    case length(Int)
    case chunked
    /// Until the connection closes; in responses only.
    case untilClose

    static func ofRequest(_ headers: Headers, version: HTTPVersion) throws(ProtocolError) -> BodyFraming {
        switch try declared(headers, version) {
        case .untilClose, .length(0): .none
        case let framing: framing
        }
    }

    static func ofResponse(
        _ headers: Headers, status: HTTPStatus, to method: HTTPMethod, version: HTTPVersion
    ) throws(ProtocolError) -> BodyFraming {
        let framing = try declared(headers, version)
        if method == .head || status.forbidsBody { return .none }
        return framing == .length(0) ? .none : framing
    }

    private static func declared(_ headers: Headers, _ version: HTTPVersion) throws(ProtocolError) -> BodyFraming {
        var length: Headers.Entry?
        var coding: Headers.Entry?
        for entry in headers.entries where entry.token != 0 {
            if entry.token == HeaderName.contentLength.token {
                guard length == nil else { throw .malformed("Content-Length is there more than once") }
                length = entry
            } else if entry.token == HeaderName.transferEncoding.token {
                guard coding == nil else { throw .malformed("Transfer-Encoding is there more than once") }
                coding = entry
            }
        }
        if let coding {
            guard length == nil else { throw .malformed("both Transfer-Encoding and Content-Length are there") }
            guard version == .http11 else { throw .malformed("Transfer-Encoding in a message of HTTP/1.0") }
            return try chunked(headers, coding)
        }
        guard let length else { return .untilClose }
        return .length(try number(headers, length))
    }

    private static func chunked(_ headers: Headers, _ entry: Headers.Entry) throws(ProtocolError) -> BodyFraming {
        let codings = headers.value(of: entry).lowercased().split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.drop { $0 == " " || $0 == "\t" } }
            .map { $0.reversed().drop { $0 == " " || $0 == "\t" }.reversed() }
            .map { String($0) }
        if codings == ["chunked"] { return .chunked }
        let known: Set<String> = ["gzip", "x-gzip", "deflate", "compress", "x-compress"]
        if codings.last == "chunked", codings.dropLast().allSatisfy(known.contains) { throw .coding }
        throw .malformed("Transfer-Encoding is not a single, final chunked")
    }

    private static func number(_ headers: Headers, _ entry: Headers.Entry) throws(ProtocolError) -> Int {
        var value = 0
        guard entry.valueEnd > entry.valueStart else { throw .malformed("Content-Length is empty") }
        for index in Int(entry.valueStart)..<Int(entry.valueEnd) {
            let byte = headers.bytes[index]
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else {
                throw .malformed("Content-Length is not a number")
            }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !overflow, !carry else { throw .malformed("Content-Length is too large a number") }
            value = sum
        }
        return value
    }
}
