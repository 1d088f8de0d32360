// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import ApusHTTP

/// Messages that could be read in two ways. Each must be refused with the status given, and the connection must close.
let refusedRequests: [(name: String, bytes: String, status: Int)] = {
    let post = "POST / HTTP/1.1\r\nHost: a\r\n"
    let get = "GET / HTTP/1.1\r\nHost: a\r\n"
    let chunked = post + "Transfer-Encoding: chunked\r\n\r\n"
    return [
        ("both lengths", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("both lengths, other order", post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400),
        ("repeated equal length", post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
        ("repeated different length", post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
        ("length list", post + "Content-Length: 3, 3\r\n\r\nabc", 400),
        ("signed length", post + "Content-Length: +3\r\n\r\nabc", 400),
        ("negative length", post + "Content-Length: -3\r\n\r\nabc", 400),
        ("hexadecimal length", post + "Content-Length: 0x3\r\n\r\nabc", 400),
        ("length with underscore", post + "Content-Length: 1_0\r\n\r\nabcdefghij", 400),
        ("empty length", post + "Content-Length: \r\n\r\n", 400),
        ("overflowing length", post + "Content-Length: 99999999999999999999\r\n\r\n", 400),
        ("coding twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("chunked twice", post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
        ("identity", post + "Transfer-Encoding: identity\r\n\r\n", 400),
        ("chunked, identity", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400),
        ("chunked not last", post + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400),
        ("leading comma", post + "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", 400),
        ("unknown coding", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
        ("no-break space", post + "Transfer-Encoding: \u{a0}chunked\r\n\r\n0\r\n\r\n", 400),
        ("quoted coding", post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 400),
        ("empty coding", post + "Transfer-Encoding:\r\n\r\n", 400),
        ("known coding we lack", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        ("coding in 1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("folded line", get + "X: a\r\n b\r\n\r\n", 400),
        ("folded first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
        ("bare CR in value", get + "X: a\rb\r\n\r\n", 400),
        ("bare CR as line end", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400),
        ("NUL in value", get + "X: a\0b\r\n\r\n", 400),
        ("NUL in name", get + "X\0: a\r\n\r\n", 400),
        ("space before colon", get + "X : a\r\n\r\n", 400),
        ("tab before colon", get + "X\t: a\r\n\r\n", 400),
        ("space before the colon of Host", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        ("no colon", get + "nonsense\r\n\r\n", 400),
        ("empty name", get + ": a\r\n\r\n", 400),
        ("high byte in name", get + "X\u{85}: a\r\n\r\n", 400),
        ("missing Host", "GET / HTTP/1.1\r\n\r\n", 400),
        ("repeated Host", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        ("Host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
        ("Host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
        ("two spaces before target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("two spaces after target", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("tab in request line", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("leading space", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("trailing space", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
        ("space in target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("high byte in target", "GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("fragment in target", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("target without slash", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("star for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("user in absolute target", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("ftp target", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("HTTP/0.9", "GET /\r\n\r\n", 400),
        ("HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
        ("long version", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400),
        ("lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400),
        ("bare LF after request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400),
        ("bare LF after field", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
        ("bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400),
        ("two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("empty method", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("invalid method", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("unknown expectation", post + "Content-Length: 1\r\nExpect: 200-maybe\r\n\r\nx", 417),
        ("chunk size with sign", chunked + "+1\r\na\r\n0\r\n\r\n", 400),
        ("negative chunk size", chunked + "-1\r\na\r\n0\r\n\r\n", 400),
        ("chunk size with prefix", chunked + "0x1\r\na\r\n0\r\n\r\n", 400),
        ("chunk size with underscore", chunked + "0_2e\r\na\r\n0\r\n\r\n", 400),
        ("chunk size overflow", chunked + "ffffffffffffffff\r\na\r\n0\r\n\r\n", 400),
        ("chunk size too long", chunked + "00000000000000001\r\na\r\n0\r\n\r\n", 400),
        ("empty chunk size", chunked + "\r\na\r\n0\r\n\r\n", 400),
        ("space before chunk size", chunked + " 1\r\na\r\n0\r\n\r\n", 400),
        ("space after chunk size", chunked + "1 \r\na\r\n0\r\n\r\n", 400),
        ("bare LF after chunk size", chunked + "1\na\r\n0\r\n\r\n", 400),
        ("bare CR in extension", chunked + "1;a\rb\r\na\r\n0\r\n\r\n", 400),
        ("bare LF in extension", chunked + "1;a\nb\r\na\r\n0\r\n\r\n", 400),
        ("data without line end", chunked + "1\r\nab\r\n0\r\n\r\n", 400),
        ("data with bare LF", chunked + "1\r\na\n0\r\n\r\n", 400),
        ("data with other end", chunked + "1\r\na\r\r0\r\n\r\n", 400),
        ("length in trailers", chunked + "0\r\nContent-Length: 5\r\n\r\n", 400),
        ("bare LF in trailers", chunked + "0\r\nX: a\n\r\n", 400),
        ("folded trailer", chunked + "0\r\nX: a\r\n b\r\n\r\n", 400),
    ]
}()

@Suite("Requests that could be read in two ways")
struct RefusedRequestsTests {
    @Test("are refused, and the connection closes")
    func refused() async throws {
        let echo = Responding { request in
            do throws(CallFailure) {
                return HTTPResponse(status: 200, body: HTTPBody(try await request.body.collect(upTo: 1 << 20)))
            } catch {
                return HTTPResponse(status: 200)
            }
        }
        try await withServer(echo) { _, address, _ in
            for (name, bytes, status) in refusedRequests {
                let answer = try await blocking {
                    let socket = try RawSocket(port: address.port)
                    // A second request behind the first must never be answered.
                    socket.send(bytes + "GET /second HTTP/1.1\r\nHost: a\r\n\r\n")
                    return socket.receive()
                }
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(name): \(answer.prefix(80))")
                #expect(answer.contains("\r\nConnection: close\r\n"), "\(name)")
                #expect(!answer.contains("HTTP/1.1 200"), "\(name): one answer only")
                #expect(answer.contains("application/problem+json"), "\(name)")
            }
        }
    }

    @Test("are refused the same way when they arrive byte by byte")
    func refusedInPieces() throws {
        for (name, bytes, status) in refusedRequests {
            let whole = HTTP1Reading.read(Array(bytes.utf8), pieces: bytes.utf8.count)
            let single = HTTP1Reading.read(Array(bytes.utf8), pieces: 1)
            #expect(whole.status == status, "\(name)")
            #expect(single.status == status, "\(name), byte by byte")
        }
    }
}
