// SPDX-License-Identifier: Apache-2.0

/// What a call goes to: the transport itself, or a layer around another endpoint.
///
/// A layer is a generic struct over the endpoint that it wraps, so that a stack of them compiles to straight code: mark its
/// ``call(_:in:)`` `@inlinable`, its stored properties `@usableFromInline`, and erase at most once, at the outermost point,
/// and by a closure. The first layer that is written is the one closest to the peer:
/// ```swift
/// let users = transport.breaking(breaker).retrying(with: retrier).bulkhead(bulkhead)   // the bulkhead is asked first
/// ```
///
/// A stack that is *stored* as `any Endpoint` runs its layers as generic code, about three times dearer: where the layers'
/// types aren't known, each is called through tables. A ``FunctionEndpoint`` with a closure around the stack avoids that,
/// for the closure is compiled where they are; it may be stored as `any Endpoint` at no such cost:
/// ```swift
/// let stored: any Endpoint<Request, Response> = FunctionEndpoint { (request, context) async throws(CallFailure) in
///     try await users.call(request, in: context)
/// }
/// ```
///
/// A call has ended when its endpoint returns or throws: whoever returns before the last byte of a response is in must
/// hold what it was given for the call (a permit, a lease) until then. A layer records what became of a call once.
public protocol Endpoint<Request, Response>: Sendable {
    associatedtype Request: Sendable
    associatedtype Response: Sendable

    /// Makes a call.
    ///
    /// - Parameters:
    ///   - request: what to send. A layer may send it several times.
    ///   - context: deadline, attempt, names. A layer may narrow the deadline, never widen it.
    /// - Throws: why there is no response. A task that is cancelled throws ``CallFailure/Code/cancelled``.
    func call(_ request: Request, in context: CallContext) async throws(CallFailure) -> Response
}

/// A function as an endpoint. Also the cheap way to erase the type of a stack of layers, see ``Endpoint``.
public struct FunctionEndpoint<Request: Sendable, Response: Sendable>: Endpoint {
    @usableFromInline
    let function: @Sendable (Request, CallContext) async throws(CallFailure) -> Response

    /// - Parameter function: makes the call, as ``Endpoint/call(_:in:)``.
    @inlinable
    public init(_ function: @escaping @Sendable (Request, CallContext) async throws(CallFailure) -> Response) {
        self.function = function
    }

    @inlinable
    public func call(_ request: Request, in context: CallContext) async throws(CallFailure) -> Response {
        try await function(request, context)
    }
}
