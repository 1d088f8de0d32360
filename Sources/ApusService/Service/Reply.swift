// SPDX-License-Identifier: Apache-2.0
public import ApusContract
public import ApusHTTP

/// The answer of a handler that says more than its output: status, `Location`, `ETag`, other headers.
public struct Reply<Output: SchemaValue>: Sendable {
    /// What becomes the body.
    public var output: Output
    /// nil for the status that the operation declares.
    public var status: HTTPStatus?
    /// Fields beyond those that every answer has; default none.
    public var headers: Headers

    public init(_ output: Output, status: HTTPStatus? = nil, headers: Headers = [:]) {
        self.output = output
        self.status = status
        self.headers = headers
    }

    /// A success, with the validator of the state that is answered.
    public static func ok(_ output: Output, etag: EntityTag? = nil) -> Reply {
        var reply = Reply(output)
        if let etag { reply.headers.append(.etag, etag.description) }
        return reply
    }

    /// 201, and where the new resource is.
    public static func created(_ output: Output, location: String, etag: EntityTag? = nil) -> Reply {
        var reply = ok(output, etag: etag)
        reply.status = .created
        reply.headers.append(.location, location)
        return reply
    }
}
