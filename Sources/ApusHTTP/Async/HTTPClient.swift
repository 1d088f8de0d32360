// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import NIOCore

/// Calls HTTP servers from asynchronous code, over connections pooled per event loop.
///
/// A call made on a loop stays on it. Concurrency-safe.
public final class HTTPClient: Sendable {
    /// The limits and times of every connection and call.
    public let configuration: HTTPClientConfiguration
    private let loops: EventLoops
    private let tables: [PoolTable]

    /// A client on `loops`, which outlive it. Connections are made when calls need them.
    public init(configuration: HTTPClientConfiguration = .init(), loops: EventLoops) {
        self.configuration = configuration
        self.loops = loops
        tables = loops.all.map { PoolTable(loop: $0, configuration: configuration) }
    }

    /// Sends a request and returns when the head of the response is there, together with the body if that is small and
    /// announced its length.
    ///
    /// A request that may be sent twice (an idempotent method with a body at hand) and was lost on a pooled connection that
    /// the peer had closed is sent once more on a new connection. Nothing else is repeated.
    ///
    /// - Parameters:
    ///   - context: Its deadline holds for the whole call, the body of the response included; without one it is
    ///     ``HTTPClientConfiguration/defaultTimeout``. By default the context of the request that is being handled.
    /// - Throws: ``ApusCore/CallFailure``: `connect_failed`, `connection_lost`, `deadline_exceeded`, `invalid_response`,
    ///   `overloaded` or `cancelled`. A response with an error status is a response.
    public func send(
        _ request: HTTPRequest, to endpoint: Origin, context: CallContext? = nil
    ) async throws(CallFailure) -> HTTPResponse {
        let deadline =
            (context ?? CallContext.current)?.deadline ?? Instant.now.advanced(by: configuration.defaultTimeout)
        let loop = loops.currentOrAny
        let call = ClientCall(request, loop: loop, deadline: deadline)
        let table = tables[loop.index]
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                if loop.isCurrent {
                    call.start(table.pool(endpoint), continuation)
                } else {
                    loop.eventLoop.execute { call.start(table.pool(endpoint), continuation) }
                }
            }
        } onCancel: {
            loop.eventLoop.execute { call.cancel() }
        }
        return try result.get()
    }

    /// Closes every connection. Calls that are under way fail.
    public func shutdown() async {
        for table in tables {
            await withUnsafeContinuation { continuation in
                table.loop.eventLoop.execute {
                    table.shutdown()
                    continuation.resume()
                }
            }
        }
    }
}

/// The pools of one loop. At most `limit` endpoints: a pool without connections makes room for a new one.
private final class PoolTable: @unchecked Sendable {
    // Sendable because every access to the state happens on the loop.

    let loop: Loop
    private let configuration: HTTPClientConfiguration
    private var pools: [Origin: UpstreamPool] = [:]

    private static let limit = 1024

    init(loop: Loop, configuration: HTTPClientConfiguration) {
        self.loop = loop
        self.configuration = configuration
    }

    func pool(_ endpoint: Origin) -> UpstreamPool {
        if let pool = pools[endpoint] { return pool }
        if pools.count >= Self.limit {
            pools = pools.filter { $0.value.connectionCount > 0 || $0.value.waitingCount > 0 }
        }
        let pool = UpstreamPool(endpoint: endpoint, configuration: configuration, loop: loop)
        pools[endpoint] = pool
        return pool
    }

    func shutdown() {
        for pool in pools.values { pool.shutdown() }
        pools.removeAll()
    }
}
