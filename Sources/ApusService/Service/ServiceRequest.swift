// SPDX-License-Identifier: Apache-2.0
public import ApusAuth
public import ApusCore
public import ApusHTTP

/// A request on its way through the middleware to its handler.
public struct ServiceRequest: Sendable {
    /// The request as it came, unless middleware changed it.
    public var http: HTTPRequest
    /// The route that matched.
    public let route: ServiceRoute
    /// Deadline, request id and trace. To change it for what follows, also set `CallContext.current`.
    public var context: CallContext
    /// Who makes the request; nil unless ``Authentication`` found out.
    public var principal: Principal?
    let captures: PathCaptures

    /// The parts of the path that the route's parameters stand for, still percent-encoded, in order.
    public var pathParameters: [Substring] { captures.texts(in: http.head.path) }
}
