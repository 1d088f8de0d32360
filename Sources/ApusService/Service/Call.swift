// SPDX-License-Identifier: Apache-2.0
public import ApusAuth
public import ApusContract
public import ApusCore
import ApusHTTP
public import Logging

/// One request for an operation, decoded and with all rules checked: what a handler gets.
public struct Call<Parameters: Described, Body: SchemaValue>: Sendable {
    /// From path, query and header fields.
    public let parameters: Parameters
    /// The body, decoded.
    public let body: Body
    /// The request as it came, for headers that the contract doesn't name.
    public let request: ServiceRequest
    /// The service's logger. Lines name the request and its trace by themselves.
    public let logger: Logger

    /// Deadline, request id and trace. Calls to other services inherit it.
    public var context: CallContext { request.context }

    /// Who makes the request; nil unless ``Authentication`` found out.
    public var principal: Principal? { request.principal }

    /// The `Idempotency-Key` of the request, 1 to 255 bytes; nil if it has none.
    public var idempotencyKey: String? { request.http.head.headers[.idempotencyKey] }
}
