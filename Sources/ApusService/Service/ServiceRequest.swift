// SPDX-License-Identifier: Apache-2.0
public import ApusAuth
public import ApusCore
public import ApusHTTP

/// A request on its way through the middleware to its handler.
public struct ServiceRequest: Sendable {
    private struct Fields: Sendable {
        var http: HTTPRequest
        let route: ServiceRoute
        var context: CallContext
        var principal: Principal?
        let captures: PathCaptures
    }

    private var fields: OutOfLine<Fields>

    init(
        http: HTTPRequest, route: ServiceRoute, context: CallContext, principal: Principal?, captures: PathCaptures
    ) {
        fields = OutOfLine(
            Fields(http: http, route: route, context: context, principal: principal, captures: captures))
    }

    /// The request as it came, unless middleware changed it.
    public var http: HTTPRequest {
        get { fields.value.http }
        _modify { yield &fields.value.http }
    }

    /// The route that matched.
    public var route: ServiceRoute { fields.value.route }

    /// Deadline, request id and trace. To change it for what follows, also set `CallContext.current`.
    public var context: CallContext {
        get { fields.value.context }
        _modify { yield &fields.value.context }
    }

    /// Who makes the request; nil unless ``Authentication`` found out.
    public var principal: Principal? {
        get { fields.value.principal }
        set { fields.value.principal = newValue }
    }

    var captures: PathCaptures { fields.value.captures }

    /// The parts of the path that the route's parameters stand for, still percent-encoded, in order.
    public var pathParameters: [Substring] { captures.texts(in: http.head.path) }
}
