// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP
import Logging
import NIOCore

/// Joins an operation and its implementation: decodes what came, calls, encodes what is returned.
final class OperationHandler<Parameters: Described, Body: SchemaValue, Output: SchemaValue>: Sendable {
    let operation: Operation<Parameters, Body, Output>
    let maximumBodyBytes: Int
    let logger: Logger
    let implementation: @Sendable (Call<Parameters, Body>) async throws -> Reply<Output>

    init(
        operation: Operation<Parameters, Body, Output>, maximumBodyBytes: Int, logger: Logger,
        implementation: @escaping @Sendable (Call<Parameters, Body>) async throws -> Reply<Output>
    ) {
        self.operation = operation
        self.maximumBodyBytes = maximumBodyBytes
        self.logger = logger
        self.implementation = implementation
    }

    func respond(to request: ServiceRequest) async throws -> HTTPResponse {
        response(try await implementation(try await call(of: request)))
    }

    /// The request, decoded: for those who call by themselves.
    func call(of request: ServiceRequest) async throws -> Call<Parameters, Body> {
        let parameters = try parameters(of: request)
        // A body that came together with the head, as most do, needs no frame to wait in.
        let body = if let whole = try wholeBody(of: request) { whole } else { try await laterBody(of: request) }
        return Call(parameters: parameters, body: body, request: request, logger: logger)
    }

    // Not inlined: what it needs meanwhile would be part of the frame of every request.
    @inline(never)
    private func parameters(of request: ServiceRequest) throws -> Parameters {
        let head = request.http.head
        if case .key(let isRequired) = operation.any.idempotency {
            try Self.checkKey(head.headers[.idempotencyKey], isRequired: isRequired)
        }
        return try operation.decodeParameters(path: request.pathParameters, query: head.query) { name in
            HeaderName(name).flatMap { head.headers[$0] }
        }
    }

    /// The body, if there is none or all of it is there and not too long.
    @inline(never)
    private func wholeBody(of request: ServiceRequest) throws -> Body? {
        if Body.self == NoBody.self, let none = NoBody() as? Body { return none }
        let request = request.http
        if let isJSON = request.head.headers.withValue(.contentType, MediaType.isJSON), !isJSON {
            throw Problem(.unsupportedMediaType, "The body must be application/json.")
        }
        guard let bytes = request.body.buffered, bytes.readableBytes <= maximumBodyBytes else { return nil }
        return try Self.decode(bytes)
    }

    @inline(never)
    private func laterBody(of request: ServiceRequest) async throws -> Body {
        try Self.decode(try await request.http.body.collect(upTo: maximumBodyBytes))
    }

    private static func decode(_ bytes: ByteBuffer) throws -> Body {
        try bytes.withUnsafeReadableBytes { try ContractJSON.decode(Body.self, from: $0) }
    }

    /// The answer that a reply means; its body is at hand.
    @inline(never)
    func response(_ reply: consuming Reply<Output>) -> HTTPResponse {
        let status = reply.status ?? HTTPStatus(operation.any.status)
        if Output.self == NoOutput.self { return HTTPResponse(status: status, headers: reply.headers) }
        // Where they are: appended to in a copy they would all be copied.
        reply.headers.append(.contentType, "application/json")
        return HTTPResponse(
            status: status, headers: reply.headers, body: HTTPBody(ByteBuffer(bytes: ContractJSON.encode(reply.output)))
        )
    }

    private static func checkKey(_ key: String?, isRequired: Bool) throws(Problem) {
        guard let key else {
            if isRequired { throw Problem(.idempotencyKeyRequired, "The header Idempotency-Key is missing.") }
            return
        }
        guard (1...255).contains(key.utf8.count) else {
            throw Problem(.badRequest, "The header Idempotency-Key must have 1 to 255 bytes.")
        }
    }
}
