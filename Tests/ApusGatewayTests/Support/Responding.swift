// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import Foundation
import NIOCore

/// A responder made from a closure.
struct Responding: HTTPResponder {
    let body: @Sendable (HTTPRequest) async -> HTTPResponse

    init(_ body: @escaping @Sendable (HTTPRequest) async -> HTTPResponse) {
        self.body = body
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse { await body(request) }

    /// Answers with the request's line and fields, one a line.
    static let echo = Responding { request in
        let fields = request.head.headers.map { "\($0.name.lowercased()): \($0.value)" }.joined(separator: "\n")
        return HTTPResponse(
            status: .ok, headers: [.contentType: "text/plain"],
            body: HTTPBody("\(request.head.method) \(request.head.target)\n\(fields)\n"))
    }
}

extension HTTPResponse {
    /// The whole body as text.
    func text() async throws -> String {
        String(buffer: try await body.collect(upTo: 64 << 20))
    }
}
