// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A layer that makes calls fail on purpose; see ``ApusCore/Endpoint/injectingFaults(_:slowing:describing:)``.
public struct FaultInjectionLayer<Upstream: Endpoint, Subject: FaultSubject>: Endpoint {
    @usableFromInline let upstream: Upstream
    @usableFromInline let injector: FaultInjector
    @usableFromInline let slow: (@Sendable (Upstream.Response, Int) -> Upstream.Response)?
    @usableFromInline let describe: @Sendable (Upstream.Request) -> Subject

    @inlinable
    init(
        _ upstream: Upstream, injector: FaultInjector,
        slow: (@Sendable (Upstream.Response, Int) -> Upstream.Response)?,
        describe: @escaping @Sendable (Upstream.Request) -> Subject
    ) {
        self.upstream = upstream
        self.injector = injector
        self.slow = slow
        self.describe = describe
    }

    @inlinable
    public func call(
        _ request: Upstream.Request, in context: CallContext
    ) async throws(CallFailure) -> Upstream.Response {
        guard injector.mayInject else { return try await upstream.call(request, in: context) }
        return try await inject(injector.draw(describe(request)), request, in: context)
    }

    @usableFromInline
    func inject(
        _ faults: [Fault], _ request: Upstream.Request, in context: CallContext
    ) async throws(CallFailure) -> Upstream.Response {
        for case .latency(let latency) in faults { try await injector.wait(latency, in: context) }
        for case .abort(let abort) in faults { throw abort.failure }
        var response = try await upstream.call(request, in: context)
        for case .droppedConnection in faults { throw Fault.lost }
        if let slow {
            for case .slowBody(let bytesPerSecond) in faults { response = slow(response, bytesPerSecond) }
        }
        return response
    }
}

extension Endpoint {
    /// Does to calls what `injector` is armed for: later by a latency (the deadline ends it), failed without being made
    /// (abort), or made and then lost (dropped connection). Costs one atomic read while nothing is armed.
    ///
    /// - Parameters:
    ///   - slow: makes the body of a response come at so many bytes a second. Default nil: slow bodies are left to
    ///     whoever writes or reads them.
    ///   - describe: what faults may know of a request. Evaluated only if something is armed.
    @inlinable
    public func injectingFaults<Subject: FaultSubject>(
        _ injector: FaultInjector, slowing slow: (@Sendable (Response, Int) -> Response)? = nil,
        describing describe: @escaping @Sendable (Request) -> Subject
    ) -> FaultInjectionLayer<Self, Subject> {
        FaultInjectionLayer(self, injector: injector, slow: slow, describe: describe)
    }

    /// Does to calls what `injector` is armed for, known by nothing but what they go to.
    ///
    /// - Parameter target: such as `client:users`.
    @inlinable
    public func injectingFaults(_ injector: FaultInjector, target: String) -> FaultInjectionLayer<Self, FaultCall> {
        injectingFaults(injector) { _ in FaultCall(target: target) }
    }
}
