// SPDX-License-Identifier: Apache-2.0
public import ApusContract
public import ApusCore

extension ServiceClient {
    /// Calls an operation and returns its output.
    ///
    /// - Throws: as ``send(_:_:body:idempotencyKey:context:)``.
    @discardableResult
    public func call<Parameters, Body, Output>(
        _ operation: Operation<Parameters, Body, Output>, _ parameters: Parameters, body: Body,
        idempotencyKey: String? = nil, context: CallContext? = nil
    ) async throws(ServiceError) -> Output {
        try await send(operation, parameters, body: body, idempotencyKey: idempotencyKey, context: context).output
    }

    /// Calls an operation that takes no body and returns its output.
    @discardableResult
    public func call<Parameters, Output>(
        _ operation: Operation<Parameters, NoBody, Output>, _ parameters: Parameters, idempotencyKey: String? = nil,
        context: CallContext? = nil
    ) async throws(ServiceError) -> Output {
        try await call(operation, parameters, body: NoBody(), idempotencyKey: idempotencyKey, context: context)
    }

    /// Calls an operation that takes no parameters and returns its output.
    @discardableResult
    public func call<Body, Output>(
        _ operation: Operation<NoParameters, Body, Output>, body: Body, idempotencyKey: String? = nil,
        context: CallContext? = nil
    ) async throws(ServiceError) -> Output {
        try await call(operation, NoParameters(), body: body, idempotencyKey: idempotencyKey, context: context)
    }

    /// Calls an operation that takes neither parameters nor body and returns its output.
    @discardableResult
    public func call<Output>(
        _ operation: Operation<NoParameters, NoBody, Output>, idempotencyKey: String? = nil, context: CallContext? = nil
    ) async throws(ServiceError) -> Output {
        try await call(
            operation, NoParameters(), body: NoBody(), idempotencyKey: idempotencyKey, context: context)
    }
}
