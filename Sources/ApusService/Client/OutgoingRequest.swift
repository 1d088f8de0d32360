// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP
import ApusRuntime
import NIOCore

/// A call as it goes out: encoded once, sent as often as needed.
struct OutgoingRequest: Sendable {
    let method: HTTPMethod
    let target: String
    private let headers: Headers
    private let body: HTTPBody
    /// Whether it may be sent again when an instance may have seen it.
    let isRepeatable: Bool

    init<Parameters, Body, Output>(
        _ operation: Operation<Parameters, Body, Output>, _ parameters: Parameters, _ body: Body, _ key: String?
    ) {
        method = HTTPMethod(operation.any.method.name)
        target = operation.target(for: parameters)
        var headers = Headers(reserving: 8)
        for (name, value) in operation.headers(for: parameters) {
            if let name = HeaderName(name) { headers.append(name, value) }
        }
        if let key { headers[.idempotencyKey] = key }
        if Body.self == NoBody.self {
            self.body = .empty
        } else {
            headers.append(.contentType, "application/json")
            self.body = HTTPBody(ByteBuffer(bytes: ContractJSON.encode(body)))
        }
        isRepeatable =
            switch operation.any.idempotency {
            case .safe, .idempotent: true
            case .none: false
            case .key: headers.contains(.idempotencyKey)
            }
        self.headers = headers
    }

    /// A body that is bytes already, to be sent again as often as it takes: who gets it knows it by its id.
    init(posting bytes: [UInt8], contentType: String, to target: String, bearing token: Secret?) {
        method = .post
        self.target = target
        var headers: Headers = [.contentType: contentType]
        if let token { headers[.authorization] = "Bearer \(token.reveal())" }
        self.headers = headers
        body = HTTPBody(bytes)
        isRepeatable = true
    }

    /// The request of one attempt.
    ///
    /// - Throws: `deadline_exceeded` if no time is left.
    func request(in context: CallContext, at now: Instant) throws(CallFailure) -> HTTPRequest {
        var headers = headers
        guard context.write(to: &headers, at: now) else {
            throw CallFailure(
                .deadlineExceeded, "no time is left for the call", stage: .admission, mayHaveReachedPeer: false)
        }
        return HTTPRequest(method, target, headers: headers, body: body)
    }
}
